# SPDX-License-Identifier: Apache-2.0
# At installation: the unit of `pupil listen` and its configuration. As the GNU standard has it, etc and var of the prefix
# /usr are /etc and /var; of another, they are inside it, and unit and configuration name them there. A configuration that is
# there already stays. Takes `made` and `sources`.
set(unit "pupil-listen.service")
file(READ "${sources}/${unit}" unit_text)
if(CMAKE_INSTALL_PREFIX MATCHES "/usr/?$")  # a package's staging folder ends so too
  get_filename_component(etc "${CMAKE_INSTALL_PREFIX}/../etc" ABSOLUTE)
else()
  set(etc "${CMAKE_INSTALL_PREFIX}/etc")
  string(REPLACE "/usr/bin/pupil" "${CMAKE_INSTALL_PREFIX}/bin/pupil" unit_text "${unit_text}")
  string(REPLACE "/etc/pupil" "${etc}/pupil" unit_text "${unit_text}")
endif()
set(staged "${made}/staged")
file(WRITE "${staged}/${unit}" "${unit_text}")
file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system" TYPE FILE FILES "${staged}/${unit}")
if(NOT EXISTS "$ENV{DESTDIR}${etc}/pupil/listen.toml")
  file(INSTALL DESTINATION "${etc}/pupil" TYPE FILE FILES "${made}/listen.toml")
endif()
