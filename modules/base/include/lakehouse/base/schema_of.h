#pragma once
/// JSON Schemas of what codec.h reads and writes, from the same BOOST_DESCRIBE_STRUCT lines. A wire header like codec.h.
/// A struct is named after its namespace and itself ("catalog.Dataset") and described once, however often it is used.
#include "lakehouse/base/codec.h"
#include "lakehouse/base/json_schema.h"

namespace lakehouse {

namespace detail {
/// "catalog.Dataset" out of what the compiler calls T; an unnamed namespace and our own are left out.
std::string SchemaName(std::string_view pretty_function);

template <typename T>
std::string SchemaNameOf() {
  return SchemaName(__PRETTY_FUNCTION__);
}
}  // namespace detail

/// Write(writer, named): the schema of one type; structs go to `named`, and a reference to the writer.
template <typename T>
struct SchemaCodec {
  static_assert(Described<T>, "this type has no JSON form, see JsonCodec");
  using Named = std::map<std::string, std::string>;

  static void Write(JsonWriter& writer, Named& named) {
    const std::string name = detail::SchemaNameOf<T>();
    if (const auto [entry, is_new] = named.try_emplace(name); is_new) entry->second = Describe(named);
    writer.Open('{');
    writer.Key("$ref");
    writer.String("#/components/schemas/" + name);
    writer.Close('}');
  }

 private:
  template <typename D>
  static void WriteProperty(JsonWriter& writer, Named& named) {
    writer.Key(D::name);
    SchemaCodec<detail::FieldType<T, D>>::Write(writer, named);
  }
  static std::string Describe(Named& named) {
    JsonWriter writer;
    writer.Open('{');
    writer.Key("type");
    writer.String("object");
    writer.Key("properties");
    writer.Open('{');
    [&]<template <typename...> typename List, typename... D>(List<D...>) { (WriteProperty<D>(writer, named), ...); }(detail::Members<T>{});
    writer.Close('}');
    writer.Key("required");
    writer.Open('[');
    for (const JsonField& field : JsonCodec<T>::kFields)
      if (field.absent == nullptr) writer.String(field.name);
    writer.Close(']');
    writer.Key("additionalProperties");
    writer.Bool(false);
    writer.Close('}');
    return std::move(writer).Take();
  }
};

template <>
struct SchemaCodec<bool> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>&) { writer.Raw(R"({"type":"boolean"})"); }
};

template <>
struct SchemaCodec<std::string> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>&) { writer.Raw(R"({"type":"string"})"); }
};

template <>
struct SchemaCodec<Bytes> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>&) {
    writer.Raw(R"({"type":"string","contentEncoding":"base64"})");
  }
};

template <>
struct SchemaCodec<RawJson> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>&) { writer.Raw("{}"); }
};

template <std::floating_point T>
struct SchemaCodec<T> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>&) {
    writer.Raw(R"({"anyOf":[{"type":"number"},{"enum":["nan","inf","-inf"]}]})");
  }
};

/// Beyond 2^53 an integer travels as a string of digits, which small ones may be sent as, too.
template <std::integral T>
struct SchemaCodec<T> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>&) {
    constexpr bool kSigned = std::is_signed_v<T>;
    const std::string limits = "\"minimum\":" + std::to_string(std::numeric_limits<T>::min()) +
                               ",\"maximum\":" + std::to_string(std::numeric_limits<T>::max()) + ",\"format\":\"" +
                               (kSigned ? "int" : "uint") + std::to_string(sizeof(T) * 8) + "\"}";
    if constexpr (sizeof(T) < 8) {
      writer.Raw(R"({"type":"integer",)" + limits);
    } else {
      writer.Raw(std::string(R"({"type":["integer","string"],"pattern":")") + (kSigned ? "^-?" : "^") + R"([0-9]{1,20}$",)" + limits);
    }
  }
};

template <NamedEnum E>
struct SchemaCodec<E> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>&) {
    writer.Open('{');
    writer.Key("type");
    writer.String("string");
    writer.Key("enum");
    writer.Open('[');
    for (unsigned n = 0; !WireName(static_cast<E>(n)).empty(); ++n) writer.String(WireName(static_cast<E>(n)));
    writer.Close(']');
    writer.Close('}');
  }
};

template <typename T>
struct SchemaCodec<std::optional<T>> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>& named) {
    writer.Open('{');
    writer.Key("anyOf");
    writer.Open('[');
    SchemaCodec<T>::Write(writer, named);
    writer.Raw(R"({"type":"null"})");
    writer.Close(']');
    writer.Close('}');
  }
};

template <typename T>
struct SchemaCodec<std::vector<T>> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>& named) {
    writer.Open('{');
    writer.Key("type");
    writer.String("array");
    writer.Key("items");
    SchemaCodec<T>::Write(writer, named);
    writer.Close('}');
  }
};

template <typename T>
struct SchemaCodec<std::map<std::string, T>> {
  static void Write(JsonWriter& writer, std::map<std::string, std::string>& named) {
    writer.Open('{');
    writer.Key("type");
    writer.String("object");
    writer.Key("additionalProperties");
    SchemaCodec<T>::Write(writer, named);
    writer.Close('}');
  }
};

template <typename T>
JsonSchema SchemaOf() {
  JsonSchema schema;
  JsonWriter writer;
  SchemaCodec<T>::Write(writer, schema.named);
  schema.json = std::move(writer).Take();
  return schema;
}

}  // namespace lakehouse
