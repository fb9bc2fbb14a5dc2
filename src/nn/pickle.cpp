// SPDX-License-Identifier: Apache-2.0
// Python's pickle machine without its calls: opcodes push nodes, and what Python would call is looked up by
// name in the table of pickle_globals.h and becomes a node too, or an error.
//
// 1. stack_ and memo_ hold indices into graph_.nodes, never references: make() may move all nodes. What is
//    needed of a node beyond the next make() is copied first.
// 2. An opcode takes only what is above the last mark (floor()). So marks_ never falls.
// 3. DUP and the memo share nodes: a container that is filled later is filled for all who hold it, as in
//    Python. Only push_dictionary() copies, and copied_pairs_ bounds it: one list could be copied over and
//    over.
// 4. Nothing recurses but push_call(), once: a crafted file cannot exhaust the program's own stack.

#include "nn/pickle.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace pupil::nn {
namespace {

using Index = PickleNode::Index;
using Kind = PickleNode::Kind;
using Meaning = PickleGlobal::Meaning;

constexpr Index kNoNode = std::numeric_limits<Index>::max();

// Names as in Python's pickletools. Protocols 0 and 1 have more; torch.save never writes them.
enum class Opcode : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kDup = '2',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kDict = 'd',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kList = 'l',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kLong4 = 0x8b,
  kShortBinUnicode = 0x8c,
  kBinUnicode8 = 0x8d,
  kBinBytes8 = 0x8e,
  kEmptySet = 0x8f,
  kAddItems = 0x90,
  kFrozenSet = 0x91,
  kNewObjEx = 0x92,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
  kByteArray8 = 0x96,
};

class PickleReader {
 public:
  // The limit keeps indices of nodes, of which every byte makes one at most, within their type.
  explicit PickleReader(std::span<const std::byte> bytes)
      : bytes_(bytes.first(std::min<std::size_t>(bytes.size(), kNoNode - 1))) {}

  PickleGraph read() {
    while (!stopped_) {
      opcode_at_ = at_;
      try {
        const auto opcode = static_cast<Opcode>(number<std::uint8_t>());
        if (!step_scalar(opcode) && !step_container(opcode) && !step_stack(opcode) && !step_object(opcode)) {
          throw Error(concat("unknown opcode ", static_cast<int>(opcode)));
        }
      } catch (const Error& error) {
        error.rethrow_with(concat("pickle, byte ", opcode_at_));
      }
    }
    graph_.bytes_read = at_;
    return std::move(graph_);
  }

 private:
  // ---- Bytes.

  std::span<const std::byte> take(std::uint64_t size) {
    if (size > bytes_.size() - at_) throw Error("the pickle is truncated");
    const auto taken = bytes_.subspan(at_, size);
    at_ += size;
    return taken;
  }

  template <typename Number>
  Number number() {
    Number value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  std::string_view text(std::uint64_t size) {
    const auto taken = take(size);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  std::string_view line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_, bytes_.size() - at_);
    const std::size_t size = rest.find('\n');
    if (size == std::string_view::npos) throw Error("the pickle is truncated");
    at_ += size + 1;
    return rest.substr(0, size);
  }

  // ---- Nodes, stack, memo.

  PickleNode& make(Kind kind) {
    stack_.push_back(static_cast<Index>(graph_.nodes.size()));
    graph_.nodes.emplace_back().kind = kind;
    return graph_.nodes.back();
  }

  PickleNode& node(Index index) { return graph_.nodes[index]; }

  /// Entries above the last mark are what an opcode may take; those below belong to an open container.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  Index top() const {
    if (stack_.size() <= floor()) throw Error("the stack is empty");
    return stack_.back();
  }

  Index pop() {
    const Index index = top();
    stack_.pop_back();
    return index;
  }

  std::vector<Index> pop_to_mark() {
    if (marks_.empty()) throw Error("there is no mark");
    std::vector<Index> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void memoize(std::uint64_t slot) {
    // Picklers count from 0, and every count costs a byte: so the memo grows no faster than the pickle.
    if (slot >= at_) throw Error(concat("memo index ", slot, " after ", at_, " bytes"));
    if (slot >= memo_.size()) memo_.resize(slot + 1, kNoNode);
    memo_[slot] = top();
    memo_count_ = std::max<std::uint64_t>(memo_count_, slot + 1);
  }

  void recall(std::uint64_t slot) {
    if (slot >= memo_.size() || memo_[slot] == kNoNode) throw Error(concat("memo ", slot, " is empty"));
    stack_.push_back(memo_[slot]);
  }

  void extend(Index container, const std::vector<Index>& items) {
    auto& all = node(container).items;
    all.insert(all.end(), items.begin(), items.end());
  }

  /// Items that go into something kept closed are dropped.
  void fill(Index container, Kind wanted, const std::vector<Index>& items) {
    const Kind kind = node(container).kind;
    if (kind == Kind::kOpaque) return;
    if (kind != wanted) throw Error("items for something that holds none");
    if (wanted == Kind::kDictionary && items.size() % 2 != 0) throw Error("a key without a value");
    extend(container, items);
  }

  // ---- Opcodes, by group; false: not of this group.

  bool step_scalar(Opcode opcode) {
    switch (opcode) {
      case Opcode::kNone: make(Kind::kNone); return true;
      case Opcode::kNewTrue:
      case Opcode::kNewFalse: make(Kind::kBool).integer = opcode == Opcode::kNewTrue; return true;
      case Opcode::kBinInt: push_integer(number<std::int32_t>()); return true;
      case Opcode::kBinInt1: push_integer(number<std::uint8_t>()); return true;
      case Opcode::kBinInt2: push_integer(number<std::uint16_t>()); return true;
      case Opcode::kLong1: push_long(number<std::uint8_t>()); return true;
      case Opcode::kLong4: push_long(number<std::uint32_t>()); return true;
      case Opcode::kBinFloat: push_real(); return true;
      case Opcode::kShortBinUnicode:
      case Opcode::kShortBinString: push_text(number<std::uint8_t>()); return true;
      case Opcode::kBinUnicode:
      case Opcode::kBinString: push_text(number<std::uint32_t>()); return true;
      case Opcode::kBinUnicode8: push_text(number<std::uint64_t>()); return true;
      case Opcode::kShortBinBytes: push_opaque(number<std::uint8_t>()); return true;
      case Opcode::kBinBytes: push_opaque(number<std::uint32_t>()); return true;
      case Opcode::kBinBytes8:
      case Opcode::kByteArray8: push_opaque(number<std::uint64_t>()); return true;
      default: return false;
    }
  }

  void push_integer(std::int64_t value) { make(Kind::kInteger).integer = value; }

  /// Little-endian, two's complement, of any length; beyond 8 bytes it is nothing that a tensor could need.
  void push_long(std::uint64_t size) {
    const auto digits = take(size);
    if (size > 8) {
      make(Kind::kOpaque);
      return;
    }
    std::uint64_t value = 0;
    std::memcpy(&value, digits.data(), size);
    const bool is_negative = size > 0 && (static_cast<unsigned>(digits[size - 1]) & 0x80u) != 0;
    if (is_negative && size < 8) value |= ~std::uint64_t{0} << (8 * size);
    push_integer(static_cast<std::int64_t>(value));
  }

  void push_real() {
    const std::uint64_t bits = __builtin_bswap64(number<std::uint64_t>());  // The one big-endian number.
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    make(Kind::kReal).real = value;
  }

  void push_text(std::uint64_t size) {
    const std::string_view value = text(size);
    make(Kind::kText).text = value;
  }

  void push_opaque(std::uint64_t size) {
    take(size);
    make(Kind::kOpaque);
  }

  bool step_container(Opcode opcode) {
    switch (opcode) {
      case Opcode::kEmptyList:
      case Opcode::kEmptyTuple:
      case Opcode::kEmptySet: make(Kind::kSequence); return true;
      case Opcode::kEmptyDict: make(Kind::kDictionary); return true;
      case Opcode::kTuple1: push_tuple(1); return true;
      case Opcode::kTuple2: push_tuple(2); return true;
      case Opcode::kTuple3: push_tuple(3); return true;
      case Opcode::kTuple:
      case Opcode::kList:
      case Opcode::kFrozenSet: push_filled(Kind::kSequence); return true;
      case Opcode::kDict: push_filled(Kind::kDictionary); return true;
      case Opcode::kAppend: {
        const Index item = pop();
        fill(top(), Kind::kSequence, {item});
        return true;
      }
      case Opcode::kAppends:
      case Opcode::kAddItems: {
        const std::vector<Index> items = pop_to_mark();
        fill(top(), Kind::kSequence, items);
        return true;
      }
      case Opcode::kSetItem: {
        const Index value = pop();
        const Index key = pop();
        fill(top(), Kind::kDictionary, {key, value});
        return true;
      }
      case Opcode::kSetItems: {
        const std::vector<Index> items = pop_to_mark();
        fill(top(), Kind::kDictionary, items);
        return true;
      }
      default: return false;
    }
  }

  void push_tuple(std::size_t size) {
    if (stack_.size() < floor() + size) throw Error("the stack is empty");
    std::vector<Index> items(stack_.end() - static_cast<std::ptrdiff_t>(size), stack_.end());
    stack_.resize(stack_.size() - size);
    make(Kind::kSequence).items = std::move(items);
  }

  void push_filled(Kind kind) {
    const std::vector<Index> items = pop_to_mark();
    make(kind);
    fill(stack_.back(), kind, items);
  }

  bool step_stack(Opcode opcode) {
    switch (opcode) {
      case Opcode::kProto:
        if (const int protocol = number<std::uint8_t>(); protocol > 5)
          throw Error(concat("pickle protocol ", protocol));
        return true;
      case Opcode::kFrame:
        number<std::uint64_t>();  // A hint for readers of streams.
        return true;
      case Opcode::kMark: marks_.push_back(stack_.size()); return true;
      case Opcode::kPop:
        // With nothing above the mark POP takes the mark itself, as Python's does.
        if (!marks_.empty() && stack_.size() == marks_.back()) {
          marks_.pop_back();
        } else {
          pop();
        }
        return true;
      case Opcode::kPopMark: pop_to_mark(); return true;
      case Opcode::kDup: stack_.push_back(top()); return true;
      case Opcode::kBinPut: memoize(number<std::uint8_t>()); return true;
      case Opcode::kLongBinPut: memoize(number<std::uint32_t>()); return true;
      case Opcode::kMemoize: memoize(memo_count_); return true;
      case Opcode::kBinGet: recall(number<std::uint8_t>()); return true;
      case Opcode::kLongBinGet: recall(number<std::uint32_t>()); return true;
      case Opcode::kStop:
        graph_.root = pop();
        stopped_ = true;
        return true;
      default: return false;
    }
  }

  bool step_object(Opcode opcode) {
    switch (opcode) {
      case Opcode::kGlobal: {
        const std::string_view module = line();
        push_global(module, line());
        return true;
      }
      case Opcode::kStackGlobal: {
        const Index name = pop();
        const Index module = pop();
        if (node(name).kind != Kind::kText || node(module).kind != Kind::kText)
          throw Error("a global without a name");
        push_global(node(module).text, node(name).text);
        return true;
      }
      case Opcode::kBinPersId: {
        const Index id = pop();
        make(Kind::kStorage).items = {id};
        return true;
      }
      case Opcode::kNewObjEx:
        pop();  // Keyword arguments: no class that we understand has any.
        [[fallthrough]];
      case Opcode::kNewObj:
      case Opcode::kReduce: {
        const Index arguments = pop();
        push_call(pop(), arguments);
        return true;
      }
      case Opcode::kBuild:
        // An object's attributes. Those of dictionaries (OrderedDict._metadata) and tensors hold no weights.
        pop();
        top();
        return true;
      default: return false;
    }
  }

  void push_global(std::string_view module, std::string_view name) {
    const std::optional<PickleGlobal> global = find_pickle_global(module, name);
    if (!global) {
      throw Error(
          concat("unknown global '", module, ".", name,
                 "': only tensors and plain values are read, no code is run (save the state_dict alone)"));
    }
    make(global->meaning == Meaning::kOpaque ? Kind::kOpaque : Kind::kGlobal).global = *global;
  }

  void push_call(Index function, Index arguments) {
    if (node(function).kind == Kind::kOpaque) {
      make(Kind::kOpaque);
      return;
    }
    if (node(function).kind != Kind::kGlobal || node(arguments).kind != Kind::kSequence) {
      throw Error("a call of something that is no function");
    }
    const PickleGlobal global = node(function).global;
    switch (global.meaning) {
      case Meaning::kTensor:
      case Meaning::kTypedTensor: {
        PickleNode& call = make(Kind::kCall);
        call.global = global;
        call.items = {arguments};
        return;
      }
      case Meaning::kFirst: stack_.push_back(argument(arguments, 0)); return;
      case Meaning::kFromType:
        if (node(argument(arguments, 0)).kind == Kind::kGlobal &&
            node(argument(arguments, 0)).global.meaning == Meaning::kFromType) {
          throw Error("a type of a type");  // One level is all that PyTorch writes; more would be recursion.
        }
        push_call(argument(arguments, 0), argument(arguments, 2));
        return;
      case Meaning::kDictionary: push_dictionary(arguments); return;
      default: throw Error("a call of something that is no function");
    }
  }

  Index argument(Index arguments, std::size_t position) {
    const auto& items = node(arguments).items;
    if (position >= items.size()) throw Error(concat("a call with ", items.size(), " arguments"));
    return items[position];
  }

  /// OrderedDict() or, from old Pythons, OrderedDict([[key, value], ...]).
  void push_dictionary(Index arguments) {
    std::vector<Index> pairs;
    const auto& list = node(arguments).items;
    if (!list.empty() && node(list[0]).kind == Kind::kSequence) {
      for (const Index pair : node(list[0]).items) {
        if (node(pair).kind != Kind::kSequence || node(pair).items.size() != 2)
          throw Error("a dictionary of no pairs");
        if (++copied_pairs_ > bytes_.size()) throw Error("the pickle repeats itself too often");
        pairs.insert(pairs.end(), node(pair).items.begin(), node(pair).items.end());
      }
    }
    make(Kind::kDictionary).items = std::move(pairs);
  }

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::size_t opcode_at_ = 0;
  std::size_t copied_pairs_ = 0;
  bool stopped_ = false;
  PickleGraph graph_;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;  // Stack sizes; never above stack_.size(), never falling.
  std::vector<Index> memo_;
  std::uint64_t memo_count_ = 0;
};

}  // namespace

PickleGraph read_pickle(std::span<const std::byte> bytes) {
  return PickleReader(bytes).read();
}

}  // namespace pupil::nn
