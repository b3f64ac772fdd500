#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

namespace googlenet::core {

// An error with one of the codes of src/core/errors.ts.
class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

// What JavaScript gets of an error: a stable code and one line of text.
struct ErrorReport {
  std::string code;
  std::string message;
};

ErrorReport report(const std::exception_ptr& error);

// Reports the exceptions of a library, and nullopt for others; report() asks it first. Set once, before any
// work.
using Translator = std::optional<ErrorReport> (*)(const std::exception_ptr& error);
void set_translator(Translator translator);

std::string first_line(const std::string& text);

}  // namespace googlenet::core
