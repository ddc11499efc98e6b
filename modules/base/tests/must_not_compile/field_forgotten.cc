// expect: BOOST_DESCRIBE_STRUCT must name every field of the struct, in the order of the struct
#include "lakehouse/base/codec.h"

struct Parcel {
  std::string address;
  std::optional<double> weight;
};
BOOST_DESCRIBE_STRUCT(Parcel, (), (address))
const std::string text = lakehouse::EncodeJson(Parcel{});
