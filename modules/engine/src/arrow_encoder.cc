#include "encoder.h"
namespace lakehouse::engine {
std::unique_ptr<Encoder> MakeArrowEncoder(const std::vector<Column>&, const std::vector<Shape>&) { return nullptr; }
}  // namespace lakehouse::engine
