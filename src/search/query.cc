#include "search/query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"

namespace attune::search {
namespace {

constexpr std::size_t kMostPhrases = 64;
constexpr int kDeepest = 20;
constexpr std::string_view kBlanks = " \t\r\n\f\v";

enum class Kind { kPhrase, kAnd, kOr, kNot, kOpen, kClose, kEnd };

/// A word, operator or bracket of the query.
struct Item {
  Kind kind = Kind::kEnd;
  /// Of its first byte, from 0.
  std::size_t position = 0;
  std::string_view text;
  bool prefix = false;
};

[[noreturn]] void fail(std::string_view query, const Item& item, std::string_view what) {
  throw Error(ErrorKind::kUsage, item.kind == Kind::kEnd
                                     ? fmt::format("query '{}', at its end: {}", query, what)
                                     : fmt::format("query '{}', character {} ('{}'): {}", query,
                                                   item.position + 1, item.text, what));
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Item next() {
    position_ = std::min(text_.find_first_not_of(kBlanks, position_), text_.size());
    if (position_ == text_.size()) return {Kind::kEnd, position_, {}, false};
    switch (text_[position_]) {
      case '(':
        return item(Kind::kOpen, 1);
      case ')':
        return item(Kind::kClose, 1);
      case '"':
        return quoted();
      default:
        return word();
    }
  }

 private:
  Item item(Kind kind, std::size_t length) {
    const std::size_t begin = position_;
    position_ += length;
    return {kind, begin, text_.substr(begin, length), false};
  }

  Item quoted() {
    const std::size_t end = text_.find('"', position_ + 1);
    if (end == std::string_view::npos)
      fail(text_, {Kind::kPhrase, position_, "\"", false}, "the closing quotation mark is missing");
    Item phrase = item(Kind::kPhrase, end + 1 - position_);
    if (position_ < text_.size() && text_[position_] == '*') {
      phrase.prefix = true;
      ++position_;
    }
    return phrase;
  }

  Item word() {
    const std::size_t end =
        std::min(text_.find_first_of(" \t\r\n\f\v()\"", position_), text_.size());
    Item word = item(Kind::kPhrase, end - position_);
    if (word.text == "AND") word.kind = Kind::kAnd;
    if (word.text == "OR") word.kind = Kind::kOr;
    if (word.text == "NOT") word.kind = Kind::kNot;
    word.prefix = word.text.ends_with('*');
    return word;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

using Node = std::unique_ptr<QueryNode>;

Node combined(Node left, Operation operation, Node right) {
  if (!left || !right) return left ? std::move(left) : std::move(right);
  auto node = std::make_unique<QueryNode>();
  node->operation = operation;
  node->left = std::move(left);
  node->right = std::move(right);
  return node;
}

/// Recursive descent. A part is null where its words are of punctuation alone.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) { advance(); }

  Query parse() {
    if (item_.kind == Kind::kEnd) return {};
    query_.root = any();
    if (item_.kind == Kind::kClose) fail(text_, item_, "there is no bracket to close");
    if (!query_.root)
      throw Error(ErrorKind::kUsage, fmt::format("query '{}': there is no word in it", text_));
    if (plain_) query_.sentence = sentence();
    return std::move(query_);
  }

 private:
  void advance() {
    item_ = lexer_.next();
    plain_ = plain_ && (item_.kind == Kind::kPhrase || item_.kind == Kind::kEnd) &&
             !item_.text.starts_with('"');
  }

  Node any() {
    Node left = all();
    while (item_.kind == Kind::kOr) {
      advance();
      left = combined(std::move(left), Operation::kOr, all());
    }
    return left;
  }

  Node all() {
    if (item_.kind == Kind::kNot)
      fail(text_, item_, "NOT takes away from what stands before it, and nothing does");
    Node left = one();
    while (true) {
      if (item_.kind == Kind::kNot) {
        left = without(std::move(left));
      } else if (item_.kind == Kind::kAnd) {
        advance();
        left = combined(std::move(left), Operation::kAnd, one());
      } else if (item_.kind == Kind::kPhrase || item_.kind == Kind::kOpen) {
        left = combined(std::move(left), Operation::kAnd, one());
      } else {
        return left;
      }
    }
  }

  Node without(Node left) {
    if (!left)
      fail(text_, item_, "NOT takes away from what stands before it, and there is no word");
    advance();
    ++negations_;
    Node right = one();
    --negations_;
    return combined(std::move(left), Operation::kNot, std::move(right));
  }

  Node one() {
    if (item_.kind == Kind::kOpen) return bracketed();
    if (item_.kind != Kind::kPhrase) fail(text_, item_, "a word or phrase is expected here");
    Node node = phrase();
    advance();
    return node;
  }

  Node bracketed() {
    const Item open = item_;
    if (++depth_ > kDeepest) fail(text_, open, "brackets are too deep");
    advance();
    Node inner = any();
    if (item_.kind != Kind::kClose) fail(text_, open, "this bracket is never closed");
    --depth_;
    advance();
    return inner;
  }

  Node phrase() {
    auto node = std::make_unique<QueryNode>();
    Phrase& phrase = node->phrase;
    for (Token& token : tokens_of(item_.text)) phrase.tokens.push_back(std::move(token.text));
    if (phrase.tokens.empty()) return nullptr;
    if (++count_ > kMostPhrases)
      fail(text_, item_,
           fmt::format("more than {} words; put a long quotation between quotation marks",
                       kMostPhrases));
    phrase.prefix = item_.prefix;
    phrase.quoted = item_.text.starts_with('"');
    if (negations_ == 0) query_.wanted.push_back(phrase);
    return node;
  }

  std::optional<Phrase> sentence() const {
    if (query_.wanted.size() < 2) return std::nullopt;
    Phrase all;
    all.quoted = true;
    for (const Phrase& word : query_.wanted) {
      // Only the end of a sentence may be open.
      if (all.prefix) return std::nullopt;
      all.tokens.insert(all.tokens.end(), word.tokens.begin(), word.tokens.end());
      all.prefix = word.prefix;
    }
    return all;
  }

  std::string_view text_;
  Lexer lexer_;
  Item item_;
  Query query_;
  /// Nothing but words so far.
  bool plain_ = true;
  int depth_ = 0;
  int negations_ = 0;
  std::size_t count_ = 0;
};

std::string_view name(Operation operation) {
  if (operation == Operation::kAnd) return "AND";
  return operation == Operation::kOr ? "OR" : "NOT";
}

bool occurs_at(const Phrase& phrase, const std::vector<Token>& tokens, std::size_t first) {
  const std::size_t length = phrase.tokens.size();
  if (length == 0 || first + length > tokens.size()) return false;
  for (std::size_t i = 0; i + 1 < length; ++i)
    if (tokens[first + i].text != phrase.tokens[i]) return false;
  const std::string& last = tokens[first + length - 1].text;
  return phrase.prefix ? last.starts_with(phrase.tokens.back()) : last == phrase.tokens.back();
}

}  // namespace

Query parse_query(std::string_view text) {
  return Parser(text).parse();
}

std::string fts_expression(const Phrase& phrase) {
  return fmt::format("\"{}\"{}", fmt::join(phrase.tokens, " "), phrase.prefix ? " *" : "");
}

std::string fts_expression(const QueryNode& node) {
  if (node.operation == Operation::kPhrase) return fts_expression(node.phrase);
  return fmt::format("({} {} {})", fts_expression(*node.left), name(node.operation),
                     fts_expression(*node.right));
}

std::vector<TokenRange> occurrences(const std::vector<Token>& tokens,
                                    const std::vector<Phrase>& phrases) {
  std::vector<TokenRange> ranges;
  for (std::size_t first = 0; first < tokens.size(); ++first)
    for (const Phrase& phrase : phrases)
      if (occurs_at(phrase, tokens, first))
        ranges.push_back({first, first + phrase.tokens.size() - 1});
  return ranges;
}

}  // namespace attune::search
