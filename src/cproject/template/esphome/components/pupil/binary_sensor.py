# SPDX-License-Identifier: Apache-2.0
"""On while the class is heard: `pupil listen` calls that an event."""
import esphome.codegen as cg
import esphome.config_validation as cv
from esphome.components import binary_sensor
from esphome.const import CONF_THRESHOLD

from . import Listener
from .model import CLASSES

DEPENDENCIES = ["pupil"]

CONF_CLASS = "class"
CONF_PUPIL_ID = "pupil_id"

CONFIG_SCHEMA = binary_sensor.binary_sensor_schema().extend(
    {
        cv.GenerateID(CONF_PUPIL_ID): cv.use_id(Listener),
        cv.Required(CONF_CLASS): cv.one_of(*CLASSES),
        # Without it the model's own.
        cv.Optional(CONF_THRESHOLD): cv.float_range(min=0, max=1),
    }
)


async def to_code(config):
    listener = await cg.get_variable(config[CONF_PUPIL_ID])
    sensor = await binary_sensor.new_binary_sensor(config)
    index = CLASSES.index(config[CONF_CLASS])
    cg.add(listener.add_class(index, sensor))
    if CONF_THRESHOLD in config:
        cg.add(listener.set_threshold(index, config[CONF_THRESHOLD]))
