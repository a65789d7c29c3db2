#include "search/tokens.h"

#include <gtest/gtest.h>

#include <random>

namespace attune::search {
namespace {

std::string cut(std::string_view text) {
  return joined(tokens_of(text));
}

TEST(Tokens, LevelCaseWidthAndAccents) {
  EXPECT_EQ(cut("The QUICK, brown fox!"), "the quick brown fox");
  EXPECT_EQ(cut("don't l'eau e-mail 3.5"), "don t l eau e mail 3 5");
  EXPECT_EQ(cut("Café Ünïcödé Straße ŒUVRE"), "cafe unicode strasse œuvre");
  EXPECT_EQ(cut("Cafe\u0301"), "cafe") << "a letter with a mark of its own";
  EXPECT_EQ(cut("Ｆｕｌｌ　１２"), "full 12");
  EXPECT_EQ(cut("ﬁne"), "fine");
  EXPECT_EQ(cut("Việt Nam Łódź"), "viet nam łodz");
  EXPECT_EQ(cut("ΆΝΘΡΩΠΟΣ άνθρωπος"), "ανθρωποσ ανθρωποσ");
  EXPECT_EQ(cut("Ёлка йод"), "елка йод") << "й is a letter of its own";
}

TEST(Tokens, KeepTheMarksThatSpell) {
  EXPECT_EQ(cut("हिन्दी भाषा"), "हिन्दी भाषा");
  EXPECT_EQ(cut("தமிழ்"), "தமிழ்");
  EXPECT_EQ(cut("مُحَمَّد"), "محمد");
  EXPECT_EQ(cut("שָׁלוֹם"), "שלום");
}

TEST(Tokens, LettersOfScriptsWithoutSpacesStandAlone) {
  EXPECT_EQ(cut("日本語のテスト"), "日 本 語 の テ ス ト");
  EXPECT_EQ(cut("ｶﾞｰﾄﾞ"), "ガ ー ド") << "half width";
  EXPECT_EQ(cut("第3回iPhone発売"), "第 3 回 iphone 発 売");
  EXPECT_EQ(cut("학교에서"), "학 교 에 서");
  EXPECT_EQ(cut("\u1112\u1161\u11A8"), "학") << "decomposed, as from a Macintosh";
  EXPECT_EQ(cut("กินข้าว"), "กิ น ข้ า ว");
}

TEST(Tokens, NothingIsMadeOfPunctuationOrDamage) {
  EXPECT_EQ(cut(""), "");
  EXPECT_EQ(cut(" — … ♪♪ \"' \n\t"), "");
  EXPECT_EQ(cut("\xff\xfe a\xC3"), "a");
  EXPECT_EQ(cut("a\xFF"
                "b"),
            "a b");
  EXPECT_EQ(cut(std::string("a\0b", 3)), "a b");
}

TEST(Tokens, OfOneCharacterShareItsPlace) {
  const std::vector<Token> tokens = tokens_of("㍿");
  ASSERT_EQ(joined(tokens), "株 式 会 社");
  for (const Token& token : tokens) EXPECT_EQ(token.end - token.begin, 3u);
}

TEST(Tokens, SayWhereTheyStand) {
  const std::string text = "«Où est l'ÉTÉ?» 日本";
  std::vector<std::string> parts;
  for (const Token& token : tokens_of(text)) {
    parts.push_back(text.substr(token.begin, token.end - token.begin));
  }
  EXPECT_EQ(parts, (std::vector<std::string>{"Où", "est", "l", "ÉTÉ", "日", "本"}));
}

/// Whatever the bytes: tokens are in order and a second pass leaves them alone.
TEST(Tokens, HoldForAnyBytes) {
  std::mt19937 random(1);
  const std::vector<std::string> pieces = {"a",      "É",      "\u0301", "日", "ガ", "ﾞ",
                                           "\xff",   " ",      "-",      "ก",  "ิ",   "ा",
                                           "\u1112", "\u1161", "ß",      "İ"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += pieces[random() % pieces.size()];
    const std::vector<Token> tokens = tokens_of(text);
    Token last;
    for (const Token& token : tokens) {
      EXPECT_LE(last.begin, token.begin);
      EXPECT_LE(last.end, token.end);
      EXPECT_LT(token.begin, token.end);
      last = token;
    }
    EXPECT_LE(last.end, text.size());
    EXPECT_EQ(cut(joined(tokens)), joined(tokens)) << text;
  }
}

}  // namespace
}  // namespace attune::search
