#include "lakehouse/text/language.h"

#include <algorithm>
#include <array>
#include <string>

#include "lakehouse/text/utf8.h"
#include "lakehouse/text/words.h"

namespace lakehouse::text {
namespace {

constexpr std::size_t kLooksAt = 64 << 10;

struct Language {
  std::string_view name;
  std::string_view small_words;  ///< between spaces, folded
};
constexpr std::array<Language, 7> kLanguages{
    {{"en", " the of and to in is that for with as was on are by this be from at which or have not it an "},
     {"de", " der die und das ist nicht mit von den ein eine zu auf fur im dem des sich auch werden wird als bei oder nach "},
     {"fr", " le la les des et est que une pour dans qui sur pas plus avec sont par au du ce cette il elle nous "},
     {"es", " el la los las que y es por una para con del se no un su al lo como mas pero sus esta "},
     {"it", " il che di e la per un una non sono con della del le si da come piu alla dei gli questo anche nel "},
     {"nl", " de het een en van is dat niet op te met voor zijn die aan er maar ook door naar bij wordt worden uit "},
     {"pt", " o que e de do da em um para com nao uma os no se na por mais as dos como mas foi ao das "}}};

struct Script {
  std::string_view name;
  char32_t first;
  char32_t last;
};
// Kana stand before ideographs: Japanese has both.
constexpr std::array<Script, 7> kScripts{{{"el", 0x370, 0x3FF},
                                          {"ru", 0x400, 0x52F},
                                          {"he", 0x590, 0x5FF},
                                          {"ar", 0x600, 0x6FF},
                                          {"ja", 0x3040, 0x30FF},
                                          {"ko", 0xAC00, 0xD7A3},
                                          {"zh", 0x4E00, 0x9FFF}}};

std::string_view ByScript(std::string_view text) {
  std::array<std::size_t, kScripts.size()> seen{};
  std::size_t letters = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeAt(text, at);
    at += point.length;
    if (point.value > 0x20) ++letters;
    for (std::size_t i = 0; i < kScripts.size(); ++i)
      if (point.value >= kScripts[i].first && point.value <= kScripts[i].last) ++seen[i];
  }
  for (std::size_t i = 0; i < kScripts.size(); ++i)
    if (seen[i] * (kScripts[i].name == "ja" ? 10 : 3) > letters) return kScripts[i].name;
  return "und";
}

}  // namespace

std::string_view GuessLanguage(std::string_view text) {
  text = text.substr(0, kLooksAt);
  if (const std::string_view by_script = ByScript(text); by_script != "und") return by_script;
  std::array<std::size_t, kLanguages.size()> seen{};
  const auto words = WordsOf(text);
  for (const Word& word : words)
    for (std::size_t i = 0; i < kLanguages.size(); ++i)
      if (kLanguages[i].small_words.contains(" " + word.folded + " ")) ++seen[i];
  const auto best = std::max_element(seen.begin(), seen.end());
  const bool alone = std::count(seen.begin(), seen.end(), *best) == 1;
  // A tenth of any text in one of these languages are its small words.
  if (!alone || *best * 10 < words.size() || *best == 0) return "und";
  return kLanguages[static_cast<std::size_t>(best - seen.begin())].name;
}

}  // namespace lakehouse::text
