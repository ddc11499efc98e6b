#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "view.h"

namespace lakehouse::ui {

/// The templates in the binary, parsed once. Every value is escaped for the place it stands in: text, attribute, URL. The one
/// door to the template library. Thread-safe.
class Templates {
 public:
  Templates();
  ~Templates();
  /// The template `file` ("shell") with what the view says. A name that is no template is a bug.
  std::string Render(std::string_view file, const View& view) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::ui
