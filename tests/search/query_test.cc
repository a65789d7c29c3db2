#include "search/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/error.h"
#include "core/sqlite.h"

namespace attune::search {
namespace {

using ::testing::HasSubstr;

std::string expression(std::string_view text) {
  const Query query = parse_query(text);
  return query.root ? fts_expression(*query.root) : "";
}

std::string error(std::string_view text) {
  try {
    parse_query(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  ADD_FAILURE() << "no error: " << text;
  return "";
}

TEST(Query, WordsMustAllOccur) {
  EXPECT_EQ(expression("Hello"), "\"hello\"");
  EXPECT_EQ(expression("Hello, WORLD"), "(\"hello\" AND \"world\")");
  EXPECT_EQ(expression("don't"), "\"don t\"");
  EXPECT_EQ(expression("日本"), "\"日 本\"");
  EXPECT_EQ(expression("\"to be\" or"), "(\"to be\" AND \"or\")") << "operators are capitals";
  EXPECT_EQ(expression("fox & hound"), "(\"fox\" AND \"hound\")");
  EXPECT_EQ(expression(" "), "");
}

TEST(Query, OperatorsBindAsDocumented) {
  EXPECT_EQ(expression("a b OR c"), "((\"a\" AND \"b\") OR \"c\")");
  EXPECT_EQ(expression("a (b OR c)"), "(\"a\" AND (\"b\" OR \"c\"))");
  EXPECT_EQ(expression("a NOT b c"), "((\"a\" NOT \"b\") AND \"c\")");
  EXPECT_EQ(expression("a AND b NOT \"c d\""), "((\"a\" AND \"b\") NOT \"c d\")");
  EXPECT_EQ(expression("climat* \"new yor\"*"), "(\"climat\" * AND \"new yor\" *)");
}

TEST(Query, MarksWhatIsAskedForAlone) {
  const Query query = parse_query("a* NOT (b OR c) OR \"d e\"");
  ASSERT_EQ(query.wanted.size(), 2u);
  EXPECT_TRUE(query.wanted[0].prefix);
  EXPECT_EQ(query.wanted[1].tokens, (std::vector<std::string>{"d", "e"}));
}

TEST(Query, PlainWordsAreASentenceToo) {
  const Query query = parse_query("Ask not, what yo*");
  ASSERT_TRUE(query.sentence);
  EXPECT_EQ(fts_expression(*query.sentence), "\"ask not what yo\" *");
  EXPECT_TRUE(query.sentence->quoted);
  for (const char* other : {"ask", "ask* not", "ask OR not", "\"ask not\" what", "(ask not)"})
    EXPECT_FALSE(parse_query(other).sentence) << other;
}

TEST(Query, MistakesAreShownWithTheirPlace) {
  EXPECT_THAT(error("a \"b c"), HasSubstr("character 3"));
  EXPECT_THAT(error("a \"b c"), HasSubstr("closing quotation mark is missing"));
  EXPECT_THAT(error("a OR"), HasSubstr("at its end: a word or phrase is expected"));
  EXPECT_THAT(error("a AND OR b"), HasSubstr("character 7 ('OR')"));
  EXPECT_THAT(error("NOT a"), HasSubstr("NOT takes away"));
  EXPECT_THAT(error("& NOT a"), HasSubstr("NOT takes away"));
  EXPECT_THAT(error("(a"), HasSubstr("never closed"));
  EXPECT_THAT(error("a) b"), HasSubstr("no bracket to close"));
  EXPECT_THAT(error("()"), HasSubstr("word or phrase is expected"));
  EXPECT_THAT(error("... ?!"), HasSubstr("no word in it"));
  EXPECT_THAT(error(std::string(21, '(') + "a" + std::string(21, ')')), HasSubstr("too deep"));
  std::string long_text;
  for (int i = 0; i < 65; ++i) long_text += "word ";
  EXPECT_THAT(error(long_text), HasSubstr("more than 64 words"));
}

TEST(Query, OccurrencesAreFoundInTokens) {
  const auto ranges = [](std::string_view text, std::string_view query) {
    return occurrences(tokens_of(text), parse_query(query).wanted);
  };
  EXPECT_EQ(ranges("the cat and the catfish", "cat"), (std::vector<TokenRange>{{1, 1}}));
  EXPECT_EQ(ranges("the cat and the catfish", "\"the cat\"*"),
            (std::vector<TokenRange>{{0, 1}, {3, 4}}));
  EXPECT_EQ(ranges("東京都", "京都"), (std::vector<TokenRange>{{1, 2}}));
  EXPECT_TRUE(ranges("nothing", "\"nothing at all\"").empty());
}

/// Whatever people type: it is refused with a message, or SQLite takes it.
TEST(Query, SqliteTakesWhateverIsNotRefused) {
  sqlite::Database database = sqlite::Database::in_memory();
  database.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize = 'ascii')");
  sqlite::Statement match = database.prepare("SELECT rowid FROM t WHERE t MATCH ?");
  std::mt19937 random(2);
  const std::vector<std::string> pieces = {"a",   "b*",  "OR",   "AND", "NOT", "(",    ")",
                                           "\"",  "*",   "NEAR", "-",   "^",   "日本", "'",
                                           "{a}", "x:y", "\xff", "+",   "\\",  "don't"};
  int taken = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const auto count = 1 + random() % 8;
    for (std::size_t i = 0; i < count; ++i)
      text += pieces[random() % pieces.size()] + (random() % 4 != 0 ? " " : "");
    Query query;
    try {
      query = parse_query(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      continue;
    }
    if (!query.root) continue;
    ++taken;
    match.bind(1, fts_expression(*query.root));
    EXPECT_NO_THROW(match.run()) << text;
  }
  EXPECT_GT(taken, 1000);
  std::string deep = "w";
  for (int i = 0; i < 20; ++i) deep = "(a NOT " + deep + ")";
  match.bind(1, expression(deep));
  EXPECT_NO_THROW(match.run());
  std::string chain = "w";
  for (int i = 0; i < 63; ++i) chain += " NOT b";
  match.bind(1, expression(chain));
  EXPECT_NO_THROW(match.run());
}

}  // namespace
}  // namespace attune::search
