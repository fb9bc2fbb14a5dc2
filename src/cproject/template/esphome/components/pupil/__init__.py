# SPDX-License-Identifier: Apache-2.0
"""pupil in ESPHome: a microphone in, a binary sensor for each class out. ../../example.yaml shows how.

The device library and the model are the folder three above this one, built as a component of ESP-IDF by its CMakeLists.txt.
"""
from pathlib import Path

import esphome.codegen as cg
import esphome.config_validation as cv
from esphome.components import esp32, microphone
from esphome.const import CONF_ID, CONF_MICROPHONE

from .model import SAMPLE_RATE_HZ

DEPENDENCIES = ["microphone"]

PROJECT = Path(__file__).resolve().parents[3]

pupil_ns = cg.esphome_ns.namespace("pupil")
Listener = pupil_ns.class_("Listener", cg.Component)

CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(Listener),
            cv.Optional(CONF_MICROPHONE, default={}): microphone.microphone_source_schema(),
        }
    ).extend(cv.COMPONENT_SCHEMA),
    cv.only_on_esp32,
)

# Nothing resamples on the board: the microphone has the model's rate.
FINAL_VALIDATE_SCHEMA = cv.Schema(
    {cv.Required(CONF_MICROPHONE): microphone.final_validate_microphone_source_schema("pupil", sample_rate=SAMPLE_RATE_HZ)},
    extra=cv.ALLOW_EXTRA,
)


async def to_code(config):
    # ESP-IDF names a component after its folder.
    esp32.add_idf_component(name=PROJECT.name, path=str(PROJECT))
    listener = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(listener, config)
    source = await microphone.microphone_source_to_code(config[CONF_MICROPHONE])
    cg.add(listener.set_microphone_source(source))
