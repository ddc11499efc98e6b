#include "lakehouse/text/language.h"

#include <gtest/gtest.h>

namespace lakehouse::text {
namespace {

TEST(GuessLanguage, KnowsALanguageByItsSmallWords) {
  EXPECT_EQ(GuessLanguage("The operator of the crane is responsible for the load and for the people on the ground."), "en");
  EXPECT_EQ(GuessLanguage("Der Fahrer ist für die Ladung und nicht für das Fahrzeug verantwortlich."), "de");
  EXPECT_EQ(GuessLanguage("Le conducteur est responsable de la charge et des personnes qui sont dans la zone."), "fr");
  EXPECT_EQ(GuessLanguage("El operador de la grúa es responsable de los que trabajan en el suelo y por la carga."), "es");
}

TEST(GuessLanguage, KnowsALanguageByItsScript) {
  EXPECT_EQ(GuessLanguage("Водитель отвечает за груз"), "ru");
  EXPECT_EQ(GuessLanguage("東京で働いています"), "ja");
  EXPECT_EQ(GuessLanguage("我在北京工作"), "zh");
}

TEST(GuessLanguage, SaysWhenItCannotTell) {
  EXPECT_EQ(GuessLanguage(""), "und");
  EXPECT_EQ(GuessLanguage("4711 0815 XJ-9"), "und");
  EXPECT_EQ(GuessLanguage("\xff\xfe"), "und");
}

}  // namespace
}  // namespace lakehouse::text
