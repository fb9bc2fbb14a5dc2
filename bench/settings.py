# SPDX-License-Identifier: Apache-2.0
"""For the scripts here that change settings of projects."""

import re


def set_key(text, section, key, value):
    """pupil.toml's text with a key of a section instead of the one that is there."""
    text = re.sub(rf"(?m)(^\[{section}\]\n(?:(?!\[).*\n)*?){key} = .*\n", r"\1", text)
    return text.replace(f"[{section}]\n", f"[{section}]\n{key} = {value}\n", 1)
