#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attune::captions {

/// How a text is measured: alphabets by the character, the scripts of East Asia by the full-width
/// character.
enum class WritingSystem { kAlphabetic, kChinese, kJapanese, kKorean };

/// Of most letters of the text. Chinese characters with kana among them are Japanese.
WritingSystem writing_system(std::string_view text);

/// Width on the screen: the sum over grapheme clusters (Unicode Annex 29) of 1, or 2 for those
/// whose East Asian Width (Annex 11) is Wide or Fullwidth; 0 for controls and marks of direction.
/// Bytes that are not UTF-8 count 1 each.
int columns(std::string_view text);

/// Words by Annex 29, by dictionary where a script writes no spaces.
int word_count(std::string_view text);

/// The first letter in its title case, quotes and brackets before it aside; a text that starts with
/// a digit is left alone.
std::string capitalized(std::string_view text);

/// In lower case, by the rules that hold for all languages.
std::string lower_case(std::string_view text);

/// Whether the text holds a capital.
bool has_capital(std::string_view text);

/// Whether it starts like a name: a capital with a small letter, a full stop or nothing behind it;
/// quotes and brackets before it aside.
bool is_capitalized(std::string_view text);

/// Whether its first letter with a direction is one of a script written from right to left.
bool is_right_to_left(std::string_view text);

/// Whether it holds a control character (line ends and tabs among them).
bool has_control_character(std::string_view text);

/// Whether a blank stands between two texts that follow each other in a line: everywhere but beside
/// Chinese and Japanese and within Thai, Lao, Khmer and Burmese.
bool joined_by_space(std::string_view before, std::string_view after);

/// Whether the text starts with a letter of hiragana.
bool starts_with_hiragana(std::string_view text);
/// Whether it starts (ends) with a letter of a script that writes no spaces between words.
bool starts_without_spaces(std::string_view text);
bool ends_without_spaces(std::string_view text);

/// Cuts a text of a script without spaces where lines may break (Annex 14) and words end (Annex 29,
/// dictionaries for Chinese, Japanese, Thai...); other texts stay whole. The parts joined give the
/// text.
std::vector<std::string> break_opportunities(std::string_view text);

/// Cuts a text into parts of at most `width` columns (one grapheme cluster at least).
std::vector<std::string> cut_to_columns(std::string_view text, int width);

}  // namespace attune::captions
