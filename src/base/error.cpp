#include "base/error.h"

namespace pupil {

Error Error::with_context(std::string_view context) const {
  return Error(std::string(context) + ": " + what());
}

}  // namespace pupil
