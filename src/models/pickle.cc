#include "models/pickle.h"

#include <fmt/format.h>

#include <cstring>
#include <deque>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"

namespace attune::models {
namespace {

[[noreturn]] void broken(const std::string& what) {
  throw Error(ErrorKind::kModel, "damaged pickle: " + what);
}

struct Value;
using Ref = Value*;  // into the machine's arena: cycles cost nothing and die with it

struct Mark {};
struct None {};
struct Opaque {};  // numbers and objects that no tensor needs
struct Tuple {
  std::vector<Ref> items;
};
struct List {};
struct Dict {
  std::vector<std::pair<std::string, Ref>> items;
};
struct Global {
  std::string name;
};
struct Storage {
  std::string key;
  DataType type;
  std::int64_t size;
};

struct Value {
  std::variant<None, Mark, Opaque, std::int64_t, std::string, Tuple, List, Dict, Global, Storage,
               PickledTensor>
      data;
};

DataType storage_type(const std::string& global) {
  static const std::map<std::string, DataType> types{
      {"torch.FloatStorage", DataType::kFloat32}, {"torch.DoubleStorage", DataType::kFloat64},
      {"torch.HalfStorage", DataType::kFloat16},  {"torch.BFloat16Storage", DataType::kBfloat16},
      {"torch.LongStorage", DataType::kInt64},    {"torch.IntStorage", DataType::kInt32},
      {"torch.CharStorage", DataType::kInt8},     {"torch.ByteStorage", DataType::kUint8},
      {"torch.BoolStorage", DataType::kUint8}};
  const auto found = types.find(global);
  if (found == types.end()) broken("storage type " + global + " is not known");
  return found->second;
}

bool is_allowed(const std::string& global) {
  return global == "collections.OrderedDict" || global == "torch._utils._rebuild_tensor_v2" ||
         global == "torch._utils._rebuild_parameter" ||
         (global.starts_with("torch.") && global.ends_with("Storage"));
}

class Machine {
 public:
  explicit Machine(std::span<const std::byte> code) : code_(code) {}

  Ref run() {
    while (true) {
      const auto opcode = static_cast<unsigned char>(take(1)[0]);
      if (opcode == '.') return pop();
      step(opcode);
    }
  }

 private:
  std::span<const std::byte> take(std::size_t count) {
    if (count > code_.size() - position_) broken("it ends too early");
    const auto result = code_.subspan(position_, count);
    position_ += count;
    return result;
  }

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string text(std::size_t length) {
    const auto bytes = take(length);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  std::string line() {
    std::string result;
    for (char c = text(1)[0]; c != '\n'; c = text(1)[0]) result.push_back(c);
    return result;
  }

  template <class T>
  void push(T value) {
    stack_.push_back(&arena_.emplace_back(Value{std::move(value)}));
  }

  Ref pop() {
    if (stack_.empty()) broken("its stack is empty");
    const Ref top = stack_.back();
    stack_.pop_back();
    return top;
  }

  Ref top() {
    if (stack_.empty()) broken("its stack is empty");
    return stack_.back();
  }

  std::vector<Ref> pop_to_mark() {
    std::size_t mark = stack_.size();
    while (mark > 0 && !std::holds_alternative<Mark>(stack_[mark - 1]->data)) --mark;
    if (mark == 0) broken("a mark is missing");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(mark);
    std::vector<Ref> items(begin, stack_.end());
    stack_.resize(mark - 1);
    return items;
  }

  template <class T>
  static T& as(Ref value, const char* what) {
    T* typed = std::get_if<T>(&value->data);
    if (typed == nullptr) broken(fmt::format("{} expected", what));
    return *typed;
  }

  void push_tuple(std::size_t count) {
    Tuple tuple{std::vector<Ref>(count)};
    for (std::size_t i = count; i-- > 0;) tuple.items[i] = pop();
    push(std::move(tuple));
  }

  void push_global(const std::string& name) {
    if (!is_allowed(name))
      throw Error(ErrorKind::kModel,
                  fmt::format("the checkpoint asks for \"{}\"; only tensors are read and nothing "
                              "is executed",
                              name));
    push(Global{name});
  }

  void remember(std::uint32_t slot) { memo_[slot] = top(); }

  void recall(std::uint32_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) broken(fmt::format("nothing was remembered as {}", slot));
    stack_.push_back(found->second);
  }

  void set_items(const std::vector<Ref>& items) {
    if (items.size() % 2 != 0) broken("a dictionary has a key without a value");
    Dict& dict = as<Dict>(top(), "a dictionary");
    for (std::size_t i = 0; i < items.size(); i += 2)
      if (const auto* key = std::get_if<std::string>(&items[i]->data))
        dict.items.emplace_back(*key, items[i + 1]);
  }

  static tensor::Shape extents(Ref value) {
    tensor::Shape shape;
    for (const Ref item : as<Tuple>(value, "a tuple of extents").items)
      shape.push_back(as<std::int64_t>(item, "an extent"));
    return shape;
  }

  // ('storage', FloatStorage, key, device, elements)
  void push_storage() {
    const auto& id = as<Tuple>(pop(), "a storage description").items;
    if (id.size() != 5 || as<std::string>(id[0], "\"storage\"") != "storage")
      broken("a reference that is no storage");
    push(Storage{as<std::string>(id[2], "a storage key"),
                 storage_type(as<Global>(id[1], "a storage type").name),
                 as<std::int64_t>(id[4], "a storage size")});
  }

  // (storage, offset, shape, strides, requires_grad, hooks)
  void push_tensor(const std::vector<Ref>& arguments) {
    if (arguments.size() < 4) broken("a tensor with too few properties");
    const auto& storage = as<Storage>(arguments[0], "a storage");
    push(PickledTensor{storage.key, storage.type, storage.size,
                       as<std::int64_t>(arguments[1], "an offset"), extents(arguments[2]),
                       extents(arguments[3])});
  }

  void reduce() {
    const auto arguments = as<Tuple>(pop(), "arguments").items;
    const std::string callee = as<Global>(pop(), "a name to call").name;
    if (callee == "collections.OrderedDict") {
      push(Dict{});
    } else if (callee == "torch._utils._rebuild_tensor_v2") {
      push_tensor(arguments);
    } else if (callee == "torch._utils._rebuild_parameter") {
      if (arguments.empty()) broken("a parameter without a tensor");
      stack_.push_back(arguments[0]);
    } else {
      broken(callee + " cannot be called");
    }
  }

  void push_long() {
    const auto bytes = take(number<std::uint8_t>());
    if (bytes.size() > sizeof(std::int64_t)) broken("an integer is too large");
    const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0};
    std::int64_t value = negative ? -1 : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    push(value);
  }

  void step(unsigned char opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        take(1);
        break;
      case 0x95:  // FRAME
        take(8);
        break;
      case '(':
        push(Mark{});
        break;
      case 'N':
        push(None{});
        break;
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        push(Opaque{});
        break;
      case 'J':
        push(static_cast<std::int64_t>(number<std::int32_t>()));
        break;
      case 'K':
        push(static_cast<std::int64_t>(number<std::uint8_t>()));
        break;
      case 'M':
        push(static_cast<std::int64_t>(number<std::uint16_t>()));
        break;
      case 0x8A:  // LONG1
        push_long();
        break;
      case 'G':  // BINFLOAT
        take(8);
        push(Opaque{});
        break;
      case 'X':
        push(text(number<std::uint32_t>()));
        break;
      case 0x8C:  // SHORT_BINUNICODE
        push(text(number<std::uint8_t>()));
        break;
      case '}':
        push(Dict{});
        break;
      case ']':
        push(List{});
        break;
      case ')':
        push(Tuple{});
        break;
      case 't':
        push(Tuple{pop_to_mark()});
        break;
      case 0x85:  // TUPLE1
      case 0x86:
      case 0x87:
        push_tuple(opcode - 0x84U);
        break;
      case 'a':
        pop();
        as<List>(top(), "a list");
        break;
      case 'e':
        pop_to_mark();
        as<List>(top(), "a list");
        break;
      case 's': {
        const Ref value = pop();
        const Ref key = pop();
        set_items({key, value});
        break;
      }
      case 'u':
        set_items(pop_to_mark());
        break;
      case 'c': {
        const std::string module = line();
        push_global(module + "." + line());
        break;
      }
      case 0x93: {  // STACK_GLOBAL
        const std::string name = as<std::string>(pop(), "a name");
        push_global(as<std::string>(pop(), "a module") + "." + name);
        break;
      }
      case 'Q':
        push_storage();
        break;
      case 'R':
        reduce();
        break;
      case 'b':  // BUILD: an OrderedDict's attributes, of which no tensor needs any
        pop();
        as<Dict>(top(), "a dictionary");
        break;
      case 'q':
        remember(number<std::uint8_t>());
        break;
      case 'r':
        remember(number<std::uint32_t>());
        break;
      case 0x94:  // MEMOIZE
        remember(static_cast<std::uint32_t>(memo_.size()));
        break;
      case 'h':
        recall(number<std::uint8_t>());
        break;
      case 'j':
        recall(number<std::uint32_t>());
        break;
      default:
        throw Error(ErrorKind::kModel,
                    fmt::format("pickle opcode 0x{:02X} at byte {} has no place in a dictionary of "
                                "tensors",
                                opcode, position_ - 1));
    }
  }

  std::span<const std::byte> code_;
  std::size_t position_ = 0;
  std::deque<Value> arena_;
  std::vector<Ref> stack_;
  std::unordered_map<std::uint32_t, Ref> memo_;

 public:
  static const Dict& dictionary(Ref value) { return as<Dict>(value, "a dictionary of tensors"); }
};

}  // namespace

std::map<std::string, PickledTensor> read_pickled_tensors(std::span<const std::byte> pickle) {
  Machine machine(pickle);
  std::map<std::string, PickledTensor> tensors;
  for (const auto& [name, value] : Machine::dictionary(machine.run()).items)
    if (const auto* tensor = std::get_if<PickledTensor>(&value->data))
      tensors.insert_or_assign(name, *tensor);
  return tensors;
}

}  // namespace attune::models
