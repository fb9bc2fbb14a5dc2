// SPDX-License-Identifier: Apache-2.0
// From a pickle's graph (pickle.h) to tensors by their paths. Both forms of file end in the same walk
// (Flattener); they differ only in where a storage's bytes are (StoragePlaces; its keys point into the file).
//
// 1. The graph may share nodes and contain itself. on_path_ ends cycles; visits_ and text_bytes_ bound what
//    sharing multiplies: a few nested lists can spell billions of paths.
// 2. What the pickle says of a storage's size must equal what the archive, or the sequence of the older form,
//    has.
// 3. place() is the only way into TensorLayout::offset_bytes: beyond it nobody checks where a tensor is in
//    the file.
// 4. What is neither a tensor nor a plain value is passed over.

#include "nn/checkpoint.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "nn/pickle.h"
#include "nn/zip_directory.h"

namespace pupil::nn {
namespace {

using Index = PickleNode::Index;
using Kind = PickleNode::Kind;
using c10::ScalarType;

// Limits of the walk: far above any network, low enough that no file keeps us busy for long.
constexpr int kDepthLimit = 64;
constexpr std::size_t kVisitLimit = 200'000;
constexpr std::size_t kNameLimitBytes = 4096;
constexpr std::size_t kTextLimitBytes = 256'000'000;
/// A view may repeat elements (stride 0); so far it may be larger than its storage.
constexpr std::uint64_t kRepeatedElementLimit = 1 << 24;

/// Where the bytes of a storage lie in the file.
struct StoragePlace {
  std::uint64_t offset_bytes = 0;
  std::uint64_t bytes = 0;
};

using StoragePlaces = std::unordered_map<std::string_view, StoragePlace>;

/// What a pickle says about a storage: ('storage', type, key, device, element count).
struct StorageId {
  ScalarType dtype = ScalarType::Undefined;  // Undefined: bytes.
  std::string_view key;
  std::uint64_t element_count = 0;
};

const PickleNode& item(const PickleGraph& graph, const PickleNode& node, std::size_t position, Kind kind) {
  if (position >= node.items.size() || graph.nodes[node.items[position]].kind != kind) {
    throw Error(concat("item ", position, " is not what PyTorch writes there"));
  }
  return graph.nodes[node.items[position]];
}

std::uint64_t unsigned_item(const PickleGraph& graph, const PickleNode& node, std::size_t position) {
  const std::int64_t value = item(graph, node, position, Kind::kInteger).integer;
  if (value < 0) throw Error(concat("item ", position, " is negative"));
  return static_cast<std::uint64_t>(value);
}

StorageId storage_id(const PickleGraph& graph, const PickleNode& storage) {
  const PickleNode& id = item(graph, storage, 0, Kind::kSequence);
  const PickleNode& type = item(graph, id, 1, Kind::kGlobal);
  if (item(graph, id, 0, Kind::kText).text != "storage" ||
      type.global.meaning != PickleGlobal::Meaning::kStorage) {
    throw Error("a reference to something that is no storage");
  }
  return {.dtype = type.global.dtype,
          .key = item(graph, id, 2, Kind::kText).text,
          .element_count = unsigned_item(graph, id, 4)};
}

std::uint64_t element_bytes(ScalarType dtype) {
  return dtype == ScalarType::Undefined ? 1 : c10::elementSize(dtype);
}

std::uint64_t storage_bytes(const StorageId& id) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 62;
  if (id.element_count > kLimit / 16) throw Error(concat("a storage of ", id.element_count, " elements"));
  return id.element_count * element_bytes(id.dtype);
}

std::vector<std::int64_t> integers(const PickleGraph& graph, const PickleNode& sequence) {
  if (sequence.items.size() > 64) throw Error(concat("a tensor of ", sequence.items.size(), " axes"));
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < sequence.items.size(); ++i) {
    values.push_back(item(graph, sequence, i, Kind::kInteger).integer);
  }
  return values;
}

/// Turns one graph into a Checkpoint: a walk that names what it meets by its path.
class Flattener {
 public:
  Flattener(const PickleGraph& graph, const StoragePlaces& places)
      : graph_(graph), places_(places), on_path_(graph.nodes.size(), false) {}

  Checkpoint flatten() {
    visit(graph_.root, 0);
    return std::move(result_);
  }

 private:
  void visit(Index index, int depth) {
    if (++visits_ > kVisitLimit) throw Error("the checkpoint holds too many values, or repeats itself");
    if (depth > kDepthLimit) throw Error(concat("'", name_, "' is nested too deeply"));
    const PickleNode& node = graph_.nodes[index];
    switch (node.kind) {
      case Kind::kBool: return add_value(node.integer != 0);
      case Kind::kInteger: return add_value(node.integer);
      case Kind::kReal: return add_value(node.real);
      case Kind::kText: return add_value(std::string(node.text));
      case Kind::kCall: return add_tensor(node);
      case Kind::kSequence:
      case Kind::kDictionary:
        if (on_path_[index]) return;  // It contains itself: everything in it has been met.
        on_path_[index] = true;
        node.kind == Kind::kSequence ? visit_sequence(node, depth) : visit_dictionary(node, depth);
        on_path_[index] = false;
        return;
      default: return;
    }
  }

  void visit_sequence(const PickleNode& node, int depth) {
    for (std::size_t i = 0; i < node.items.size(); ++i) visit_member(concat(i), node.items[i], depth);
  }

  /// A key that comes twice takes the later value, as in Python.
  void visit_dictionary(const PickleNode& node, int depth) {
    std::map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < node.items.size(); i += 2) {
      if (const auto key = key_text(node.items[i])) last[*key] = i;
    }
    for (std::size_t i = 0; i < node.items.size(); i += 2) {
      const auto key = key_text(node.items[i]);
      if (key && last[*key] == i) visit_member(*key, node.items[i + 1], depth);
    }
  }

  std::optional<std::string> key_text(Index index) {
    if (++visits_ > kVisitLimit) throw Error("the checkpoint holds too many values, or repeats itself");
    const PickleNode& key = graph_.nodes[index];
    if (key.kind == Kind::kText) {
      if (key.text.size() > kNameLimitBytes) throw Error("a name of more than 4096 bytes");
      pay_for_text(key.text.size());
      return std::string(key.text);
    }
    if (key.kind == Kind::kInteger) return concat(key.integer);
    return std::nullopt;
  }

  void visit_member(const std::string& key, Index value, int depth) {
    const std::size_t old_size = name_.size();
    name_ += (depth > 0 ? "." : "") + key;
    if (name_.size() > kNameLimitBytes) throw Error("a name of more than 4096 bytes");
    visit(value, depth + 1);
    name_.resize(old_size);
  }

  void pay_for_text(std::size_t bytes) {
    text_bytes_ += bytes;
    if (text_bytes_ > kTextLimitBytes) throw Error("the checkpoint holds too many values, or repeats itself");
  }

  void add_value(PlainValue value) {
    pay_for_text(name_.size());
    if (const auto* text = std::get_if<std::string>(&value)) pay_for_text(text->size());
    result_.values.emplace_back(name_, std::move(value));
  }

  void add_tensor(const PickleNode& call) {
    pay_for_text(name_.size());
    with_context(concat("tensor '", name_, "'"), [&] { result_.tensors.push_back(read_tensor(call)); });
  }

  TensorLayout read_tensor(const PickleNode& call) {
    const PickleNode& arguments = graph_.nodes[call.items[0]];
    const StorageId id = storage_id(graph_, item(graph_, arguments, 0, Kind::kStorage));
    TensorLayout layout;
    layout.entry.name = name_;
    layout.entry.dtype = call.global.meaning == PickleGlobal::Meaning::kTypedTensor
                             ? item(graph_, arguments, 6, Kind::kGlobal).global.dtype
                             : id.dtype;
    if (layout.entry.dtype == ScalarType::Undefined) throw Error("has no dtype");
    layout.entry.shape = integers(graph_, item(graph_, arguments, 2, Kind::kSequence));
    layout.strides = integers(graph_, item(graph_, arguments, 3, Kind::kSequence));
    place(layout, id, unsigned_item(graph_, arguments, 1));
    return layout;
  }

  /// All that keeps a tensor inside its storage and the storage inside the file.
  void place(TensorLayout& layout, const StorageId& id, std::uint64_t offset) const {
    const std::uint64_t size = c10::elementSize(layout.entry.dtype);
    const std::uint64_t count = element_count(layout.entry.shape);
    const std::uint64_t reach = element_reach(layout.entry.shape, layout.strides);
    const std::uint64_t available = storage_bytes(id) / size;
    if (count == 0) return;
    if (offset > available || reach > available - offset) {
      throw Error(concat("shape ", shape_text(layout.entry.shape), " with strides ",
                         shape_text(layout.strides), " from element ", offset,
                         " reaches beyond its storage of ", available, " elements"));
    }
    if (count > std::max(available, kRepeatedElementLimit)) {
      throw Error(
          concat("shape ", shape_text(layout.entry.shape), " is made of only ", available, " elements"));
    }
    const auto found = places_.find(id.key);
    if (found == places_.end()) throw Error(concat("its storage '", id.key, "' is not in the file"));
    if (found->second.bytes != storage_bytes(id)) {
      throw Error(concat("its storage '", id.key, "' has ", found->second.bytes, " bytes, wanted ",
                         storage_bytes(id)));
    }
    layout.entry.bytes = count * size;
    layout.offset_bytes = found->second.offset_bytes + offset * size;
  }

  const PickleGraph& graph_;
  const StoragePlaces& places_;
  std::vector<bool> on_path_;
  std::string name_;
  std::size_t visits_ = 0;
  std::size_t text_bytes_ = 0;
  Checkpoint result_;
};

// ---- The ZIP form.

std::span<const std::byte> entry_bytes(std::span<const std::byte> file, const ZipEntry& entry) {
  if (!entry.is_stored) {
    throw Error(concat("ZIP entry '", entry.name,
                       "' is compressed or encrypted; PyTorch stores entries as they are"));
  }
  return file.subspan(entry.offset_bytes, entry.bytes);
}

const ZipEntry* find_entry(const std::vector<ZipEntry>& entries, std::string_view name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const ZipEntry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

/// The folder that holds data.pkl, with its slash.
std::string archive_folder(const std::vector<ZipEntry>& entries) {
  constexpr std::string_view kPickleName = "data.pkl";
  for (const ZipEntry& entry : entries) {
    if (!entry.name.ends_with(kPickleName)) continue;
    const std::string_view folder = entry.name.substr(0, entry.name.size() - kPickleName.size());
    if (folder.empty() || folder.find('/') == folder.size() - 1) return std::string(folder);
  }
  throw Error("a ZIP archive without a data.pkl is no PyTorch checkpoint");
}

Checkpoint read_zip_checkpoint(std::span<const std::byte> file) {
  const std::vector<ZipEntry> entries = read_zip_directory(file);
  const std::string folder = archive_folder(entries);
  if (const ZipEntry* order = find_entry(entries, folder + "byteorder")) {
    const auto text = entry_bytes(file, *order);
    if (text.size() >= 3 && std::memcmp(text.data(), "big", 3) == 0)
      throw Error("the tensors are big-endian");
  }
  StoragePlaces places;
  const std::string data_folder = folder + "data/";
  for (const ZipEntry& entry : entries) {
    if (!entry.name.starts_with(data_folder)) continue;
    entry_bytes(file, entry);
    places[entry.name.substr(data_folder.size())] = {entry.offset_bytes, entry.bytes};
  }
  const PickleGraph graph = with_context(folder + "data.pkl", [&] {
    return read_pickle(entry_bytes(file, *find_entry(entries, folder + "data.pkl")));
  });
  return Flattener(graph, places).flatten();
}

// ---- The older form: pickles of a magic number, a protocol version, facts about the machine, the objects
// and the list of storage keys; then every storage in the order of that list: element count (8 bytes), data.

/// PROTO 2, LONG1 of 10 bytes, the magic number 0x1950a86a20f9469cfc6c, STOP.
constexpr std::array<std::uint8_t, 15> kLegacyBegin = {0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                                       0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};

bool is_legacy(std::span<const std::byte> bytes) {
  return bytes.size() >= kLegacyBegin.size() &&
         std::memcmp(bytes.data(), kLegacyBegin.data(), kLegacyBegin.size()) == 0;
}

PickleGraph next_pickle(std::span<const std::byte> file, std::size_t& at) {
  PickleGraph graph = with_context(concat("byte ", at), [&] { return read_pickle(file.subspan(at)); });
  at += graph.bytes_read;
  return graph;
}

std::unordered_map<std::string_view, StorageId> storage_ids(const PickleGraph& graph) {
  std::unordered_map<std::string_view, StorageId> ids;
  for (const PickleNode& node : graph.nodes) {
    if (node.kind != Kind::kStorage) continue;
    const StorageId id = storage_id(graph, node);
    ids.emplace(id.key, id);
  }
  return ids;
}

StoragePlaces legacy_places(std::span<const std::byte> file, const PickleGraph& objects, std::size_t at) {
  const PickleGraph keys = next_pickle(file, at);
  const PickleNode& list = keys.nodes[keys.root];
  const auto ids = storage_ids(objects);
  StoragePlaces places;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string_view key = item(keys, list, i, Kind::kText).text;
    const auto id = ids.find(key);
    if (id == ids.end()) throw Error(concat("storage '", key, "' belongs to no tensor"));
    const std::uint64_t bytes = storage_bytes(id->second);
    std::uint64_t element_count = 0;
    if (file.size() - at < sizeof element_count) throw Error("the file is truncated");
    std::memcpy(&element_count, file.data() + at, sizeof element_count);
    at += sizeof element_count;
    if (element_count != id->second.element_count || bytes > file.size() - at) {
      throw Error(concat("storage '", key, "' has ", element_count, " elements and ", file.size() - at,
                         " bytes of file, wanted ", id->second.element_count, " and ", bytes));
    }
    places[key] = {at, bytes};
    at += bytes;
  }
  return places;
}

Checkpoint read_legacy_checkpoint(std::span<const std::byte> file) {
  std::size_t at = kLegacyBegin.size();
  next_pickle(file, at);  // Protocol version.
  next_pickle(file, at);  // Facts about the machine.
  const PickleGraph objects = next_pickle(file, at);
  const StoragePlaces places = legacy_places(file, objects, at);
  return Flattener(objects, places).flatten();
}

}  // namespace

bool is_checkpoint(std::span<const std::byte> bytes) {
  return is_zip(bytes) || is_legacy(bytes);
}

Checkpoint read_checkpoint(std::span<const std::byte> file) {
  return is_legacy(file) ? read_legacy_checkpoint(file) : read_zip_checkpoint(file);
}

}  // namespace pupil::nn
