# SPDX-License-Identifier: Apache-2.0
"""Builds the device library by CMake into the wheel, which is one for every Python 3 of this platform. The rest is in
pyproject.toml."""
import pathlib
import subprocess
import tempfile

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py
from wheel.bdist_wheel import bdist_wheel

HERE = pathlib.Path(__file__).resolve().parent


class BuildWithLibrary(build_py):
    def run(self):
        super().run()
        with tempfile.TemporaryDirectory() as build:
            subprocess.run(["cmake", "-S", HERE, "-B", build], check=True)
            subprocess.run(["cmake", "--build", build, "--parallel", "2"], check=True)
            self.copy_file(f"{build}/libpupil_edge.so", f"{self.build_lib}/pupil_edge/libpupil_edge.so")


class PlatformDistribution(Distribution):
    def has_ext_modules(self):
        return True


class WheelForEveryPython(bdist_wheel):
    def get_tag(self):
        return ("py3", "none", super().get_tag()[2])


setup(cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": WheelForEveryPython}, distclass=PlatformDistribution)
