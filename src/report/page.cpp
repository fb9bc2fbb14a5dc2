#include "report/page.h"
namespace pupil::report {
std::string page(const Json&, const Media&) { return {}; }
}
