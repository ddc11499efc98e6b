#include "lakehouse/text/stem.h"

#include <gtest/gtest.h>

#include <utility>

namespace lakehouse::text {
namespace {

TEST(StemEnglish, AgreesWithThePublishedVocabulary) {
  constexpr std::pair<std::string_view, std::string_view> kVocabulary[] = {
      {"consign", "consign"}, {"consigned", "consign"}, {"consigning", "consign"}, {"consignment", "consign"}, {"consist", "consist"},
      {"consisted", "consist"}, {"consistency", "consist"}, {"consistent", "consist"}, {"consistently", "consist"},
      {"consisting", "consist"}, {"consists", "consist"}, {"consolation", "consol"}, {"consolations", "consol"},
      {"consolatory", "consolatori"}, {"console", "consol"}, {"consoled", "consol"}, {"consoles", "consol"}, {"consolidate", "consolid"},
      {"consolidated", "consolid"}, {"consolidating", "consolid"}, {"consoling", "consol"}, {"consolingly", "consol"},
      {"consols", "consol"}, {"consonant", "conson"}, {"consort", "consort"}, {"consorted", "consort"}, {"consorting", "consort"},
      {"conspicuous", "conspicu"}, {"conspicuously", "conspicu"}, {"conspiracy", "conspiraci"}, {"conspirator", "conspir"},
      {"conspirators", "conspir"}, {"conspire", "conspir"}, {"conspired", "conspir"}, {"conspiring", "conspir"},
      {"constable", "constabl"}, {"constables", "constabl"}, {"constance", "constanc"}, {"constancy", "constanc"},
      {"constant", "constant"}, {"knack", "knack"}, {"knackeries", "knackeri"}, {"knacks", "knack"}, {"knag", "knag"},
      {"knave", "knave"}, {"knaves", "knave"}, {"knavish", "knavish"}, {"kneaded", "knead"}, {"kneading", "knead"}, {"knee", "knee"},
      {"kneel", "kneel"}, {"kneeled", "kneel"}, {"kneeling", "kneel"}, {"kneels", "kneel"}, {"knees", "knee"}, {"knell", "knell"},
      {"knelt", "knelt"}, {"knew", "knew"}, {"knick", "knick"}, {"knif", "knif"}, {"knife", "knife"}, {"knight", "knight"},
      {"knightly", "knight"}, {"knights", "knight"}, {"knit", "knit"}, {"knits", "knit"}, {"knitted", "knit"}, {"knitting", "knit"},
      {"knives", "knive"}, {"knob", "knob"}, {"knobs", "knob"}, {"knock", "knock"}, {"knocked", "knock"}, {"knocker", "knocker"},
      {"knockers", "knocker"}, {"knocking", "knock"}, {"knocks", "knock"}, {"knopp", "knopp"}, {"knot", "knot"}, {"knots", "knot"},
      {"generate", "generat"}, {"generates", "generat"}, {"general", "general"}, {"generally", "general"}, {"generic", "generic"},
      {"generously", "generous"}, {"communication", "communic"}, {"community", "communiti"}, {"arsenal", "arsenal"}, {"skis", "ski"},
      {"skies", "sky"}, {"dying", "die"}, {"lying", "lie"}, {"tying", "tie"}, {"idly", "idl"}, {"gently", "gentl"}, {"ugly", "ugli"},
      {"early", "earli"}, {"only", "onli"}, {"singly", "singl"}, {"sky", "sky"}, {"news", "news"}, {"howe", "howe"}, {"atlas", "atlas"},
      {"cosmos", "cosmos"}, {"bias", "bias"}, {"andes", "andes"}, {"inning", "inning"}, {"innings", "inning"}, {"outing", "outing"},
      {"canning", "canning"}, {"herring", "herring"}, {"earring", "earring"}, {"proceed", "proceed"}, {"exceed", "exceed"},
      {"succeed", "succeed"}, {"proceeded", "proceed"}, {"hopping", "hop"}, {"hoped", "hope"}, {"hoping", "hope"}, {"falling", "fall"},
      {"filling", "fill"}, {"luxuriated", "luxuri"}, {"troubled", "troubl"}, {"sized", "size"}, {"tanned", "tan"}, {"agreed", "agre"},
      {"feed", "feed"}, {"indeed", "inde"}, {"bled", "bled"}, {"sing", "sing"}, {"cry", "cri"}, {"by", "by"}, {"say", "say"},
      {"toy", "toy"}, {"yes", "yes"}, {"youth", "youth"}, {"boyish", "boyish"}, {"flying", "fli"}, {"happy", "happi"},
      {"happiness", "happi"}, {"relational", "relat"}, {"conditional", "condit"}, {"rationalization", "ration"}, {"valency", "valenc"},
      {"hesitancy", "hesit"}, {"digitizer", "digit"}, {"conformably", "conform"}, {"radically", "radic"}, {"differently", "differ"},
      {"vilely", "vile"}, {"analogously", "analog"}, {"vietnamization", "vietnam"}, {"predication", "predic"}, {"operator", "oper"},
      {"feudalism", "feudal"}, {"decisiveness", "decis"}, {"hopefulness", "hope"}, {"callousness", "callous"}, {"formality", "formal"},
      {"sensitivity", "sensit"}, {"sensibility", "sensibl"}, {"geology", "geolog"}, {"triplicate", "triplic"}, {"formative", "format"},
      {"formalize", "formal"}, {"electricity", "electr"}, {"electrical", "electr"}, {"hopeful", "hope"}, {"goodness", "good"},
      {"revival", "reviv"}, {"allowance", "allow"}, {"inference", "infer"}, {"airliner", "airlin"}, {"gyroscopic", "gyroscop"},
      {"adjustable", "adjust"}, {"defensible", "defens"}, {"irritant", "irrit"}, {"replacement", "replac"}, {"adjustment", "adjust"},
      {"dependent", "depend"}, {"adoption", "adopt"}, {"homologous", "homolog"}, {"communism", "communism"}, {"activate", "activ"},
      {"angularity", "angular"}, {"effective", "effect"}, {"bowdlerize", "bowdler"}, {"probate", "probat"}, {"rate", "rate"},
      {"cease", "ceas"}, {"controlling", "control"}, {"roll", "roll"}, {"ties", "tie"}, {"cries", "cri"}, {"gas", "gas"},
      {"this", "this"}, {"gaps", "gap"}, {"kiwis", "kiwi"}, {"dogs'", "dog"}, {"dog's", "dog"}, {"'cause", "caus"}, {"welding", "weld"},
      {"welders", "welder"}, {"forklifts", "forklift"}, {"certified", "certifi"}, {"certification", "certif"}, {"warehouse", "warehous"},
      {"warehouses", "warehous"}};
  for (const auto& [word, stem] : kVocabulary) EXPECT_EQ(StemEnglish(word), stem) << word;
}

TEST(StemEnglish, LeavesNumbersShortWordsAndOtherScriptsAlone) {
  for (const std::string_view word : {"", "a", "is", "10", "osha10", "αθηνασ", "Runs"}) EXPECT_EQ(StemEnglish(word), word);
}

TEST(StemEnglish, SurvivesWordsMadeOfSuffixesAndApostrophes) {
  for (const std::string_view word : {"'s'", "'''", "sses", "eed", "ing", "ingly", "yyy", "ying", "ational", "'a'"})
    EXPECT_LE(StemEnglish(word).size(), word.size() + 1) << word;
}

TEST(StopWords, AreWordsThatEveryTextHas) {
  for (const std::string_view word : {"the", "of", "and", "which", "a", "your"}) EXPECT_TRUE(IsStopWord(word)) << word;
  for (const std::string_view word : {"forklift", "wind", "ohio", "", "The"}) EXPECT_FALSE(IsStopWord(word)) << word;
}

}  // namespace
}  // namespace lakehouse::text
