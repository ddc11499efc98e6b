// expect: this type has no JSON form
#include "lakehouse/base/codec.h"
#include "lakehouse/base/secret.h"

struct Login {
  lakehouse::Secret token;
};
BOOST_DESCRIBE_STRUCT(Login, (), (token))
const std::string text = lakehouse::EncodeJson(Login{});
