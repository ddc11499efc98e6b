// expect: this type has no JSON form: a struct needs BOOST_DESCRIBE_STRUCT\(T, \(\), \(fields...\)\), an enum needs WireName\(E\)
#include "lakehouse/base/codec.h"

enum class Size { kSmall };  // has no WireName
struct Parcel {
  Size size;
};
BOOST_DESCRIBE_STRUCT(Parcel, (), (size))
const std::string text = lakehouse::EncodeJson(Parcel{});
