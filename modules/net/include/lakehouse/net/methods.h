#pragma once
/// One table per service, from which both ends are made. A wire header: only .cc files and private headers include it.
///
///   using CatalogMethods = net::Methods<"catalog",
///       net::Method<"Commit", &Catalog::Commit>, ...>;
///
/// Two shapes:  Result<Response> Verb(const Context&, const Request&)
///              Result<std::unique_ptr<net::ByteSource>> Verb(const Context&, const Request&)
/// Remote end: a class derived from Catalog and net::Remote<CatalogMethods>, one `return Call<&Catalog::Commit>(c, r);`
/// (second shape: `return Open<&Catalog::Read>(c, r);`) per method. Serving end: `net::Serve<CatalogMethods>(catalog)`.
#include <algorithm>

#include "lakehouse/base/codec.h"
#include "lakehouse/net/service.h"
#include "lakehouse/net/transport.h"

namespace lakehouse::net {

template <std::size_t size>
struct Name {
  char text[size];
  consteval Name(const char (&literal)[size]) { std::copy_n(literal, size, text); }
  constexpr std::string_view view() const { return {text, size - 1}; }
};

template <typename M>
struct MethodShape {
  static_assert(!std::is_same_v<M, M>, "a service method has the shape: Result<Response> Verb(const Context&, const Request&)");
};
template <typename I, typename Resp, typename Req>
struct MethodShape<Result<Resp> (I::*)(const Context&, const Req&)> {
  static_assert(std::is_abstract_v<I>, "the table names methods of the interface, not of an implementation");
  static_assert(Described<Req>, "the request of this method is not described: BOOST_DESCRIBE_STRUCT(Request, (), (fields...))");
  static_assert(Described<Resp>, "the response of this method is not described: BOOST_DESCRIBE_STRUCT(Response, (), (fields...))");
  using Interface = I;
  using Request = Req;
  using Response = Resp;
  static constexpr bool kStreams = false;
};
template <typename I, typename Req>
struct MethodShape<Result<std::unique_ptr<ByteSource>> (I::*)(const Context&, const Req&)> {
  static_assert(std::is_abstract_v<I>, "the table names methods of the interface, not of an implementation");
  static_assert(Described<Req>, "the request of this method is not described: BOOST_DESCRIBE_STRUCT(Request, (), (fields...))");
  using Interface = I;
  using Request = Req;
  using Response = std::unique_ptr<ByteSource>;
  static constexpr bool kStreams = true;
};

template <Name name, auto pointer>
struct Method : MethodShape<decltype(pointer)> {
  using Shape = MethodShape<decltype(pointer)>;
  using typename Shape::Interface;
  static constexpr std::string_view kName = name.view();
  template <auto other>
  static constexpr bool kIs = std::is_same_v<Method, Method<name, other>>;

  static Result<std::string> Handle(void* target, const Context& context, std::string_view body) {
    const auto request = LH_TRY(DecodeJson<typename Shape::Request>(body));
    return EncodeJson(LH_TRY((static_cast<Interface*>(target)->*pointer)(context, request)));
  }
  static Result<std::unique_ptr<ByteSource>> Open(void* target, const Context& context, std::string_view body) {
    const auto request = LH_TRY(DecodeJson<typename Shape::Request>(body));
    return (static_cast<Interface*>(target)->*pointer)(context, request);
  }
  static constexpr Service::Handler MakeHandler() {
    if constexpr (Shape::kStreams)
      return {kName, nullptr, &Open};
    else
      return {kName, &Handle, nullptr};
  }
};

template <Name service, typename First, typename... Rest>
struct Methods {
  static_assert((std::is_same_v<typename First::Interface, typename Rest::Interface> && ...), "one table, one interface");
  using Interface = typename First::Interface;
  static constexpr std::string_view kService = service.view();
  static constexpr Service::Handler kHandlers[] = {First::MakeHandler(), Rest::MakeHandler()...};

  template <auto pointer>
  static consteval std::string_view NameOf() {
    static_assert((First::template kIs<pointer> || ... || Rest::template kIs<pointer>), "add this method to the service's table");
    std::string_view found = First::kName;
    ((Rest::template kIs<pointer> ? void(found = Rest::kName) : void()), ...);
    return found;
  }
};

template <typename Table>
Service Serve(typename Table::Interface& target) {
  return Service(Table::kService, &target, Table::kHandlers);
}

/// The calling end. Refers to the transport, which must outlive it; as thread-safe as that.
template <typename Table>
class Remote {
 protected:
  explicit Remote(Transport& transport) : transport_(transport) {}

  template <auto pointer, typename Shape = MethodShape<decltype(pointer)>>
  Result<typename Shape::Response> Call(const Context& context, const typename Shape::Request& request) {
    static_assert(!Shape::kStreams, "this method answers with a stream: return Open<&...>(context, request)");
    constexpr std::string_view name = Table::template NameOf<pointer>();
    LH_TRY(context.Check());
    const std::string reply = LH_TRY(transport_.Call(context, Table::kService, name, EncodeJson(request)));
    auto response = DecodeJson<typename Shape::Response>(reply);
    if (response) return response;
    return Error(ErrorCode::kCorruption, "the answer does not fit: " + response.error().message())
        .While("call " + std::string(Table::kService) + "." + std::string(name));
  }
  template <auto pointer, typename Shape = MethodShape<decltype(pointer)>>
  Result<std::unique_ptr<ByteSource>> Open(const Context& context, const typename Shape::Request& request) {
    static_assert(Shape::kStreams, "this method answers with one response: return Call<&...>(context, request)");
    LH_TRY(context.Check());
    return transport_.OpenStream(context, Table::kService, Table::template NameOf<pointer>(), EncodeJson(request));
  }

 private:
  Transport& transport_;
};

}  // namespace lakehouse::net
