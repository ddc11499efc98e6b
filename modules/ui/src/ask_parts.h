#pragma once
#include "ask_url.h"
#include "shell.h"

/// The parts of the Ask page, each of which is also a piece of its own.
namespace lakehouse::ui {

/// The corpora the question goes to, chosen or all; and what can be made of them.
struct Corpora {
  std::vector<matrix::CorpusInfo> all;
  std::vector<std::string> asked;           ///< names
  std::vector<std::string> filter_columns;  ///< that all of `asked` have
};
Result<Corpora> LoadCorpora(House& house, const Context& context, const AskUrl& url);

/// What is asked; kTooLarge: a question longer than a page takes.
Result<matrix::AskRequest> AskRequestOf(const AskUrl& url, const Corpora& corpora);

void ShowAnswer(View& view, const Templates& templates, const AskUrl& url, const matrix::AskResponse& answer, double ms);
/// One sentence with its chips, for the stream: what the template "sentence" shows.
void ShowSentence(View& view, const AskUrl& url, const matrix::AskResponse& answer, std::size_t at);
/// The document at its passage. kNotFound: no such corpus, version or row.
Status ShowSource(View& view, House& house, const Context& context, const SourceUrl& url, bool whole);
/// How to make a corpus: the datasets to choose from, or the form for the one that was chosen.
void ShowDeclare(View& view, const LakeList& lake, const std::string& chosen);
/// Corpora that are being built or cannot be.
void ShowBuilding(View& view, const std::vector<matrix::CorpusInfo>& corpora);

std::vector<net::Route> AskSourceRoutes(House& house);
std::vector<net::Route> AskStreamRoutes(House& house);
std::vector<net::Route> AskCorporaRoutes(House& house);

}  // namespace lakehouse::ui
