#include "phrases.h"

namespace lakehouse::demo {
namespace {

using Phrases = std::string_view[];

constexpr Phrases kCompleted = {
    "{first} {last} finished the {shift} at {client} in {city} without any trouble, {hours} hours in all.",
    "Supervisor at {client} says {first} was on time every day and strong at {skill}.",
    "{client} closed out {first}'s assignment. They would take the same {role} again.",
    "Assignment in {city} wrapped up. {first} asked what is next and is available from Monday.",
    "End-of-assignment call with {client}: solid work, a little slow with {skill} in the first week, fine afterwards.",
    "{first} {last} completed the order. Time sheets signed, badge returned.",
    "Good feedback from the floor in {city}: {first} helped to train two new hires on {skill}.",
};
constexpr Phrases kExtended = {
    "{client} asked to keep {first} {last} past the end date. Extended on the same terms.",
    "Extension confirmed: {first} stays on the {shift} in {city}; the client wants to discuss a permanent offer.",
    "{first} has become their lead {role}. {client} extended and agreed to a raise.",
    "Site manager would not let {first} go: \"best {role} we had this year\". Extended.",
};
constexpr Phrases kRunning = {
    "First-week check-in with {first} {last} at {client}: settling in, likes the crew.",
    "{first} is on site in {city}. Supervisor is happy with {skill}, asked about {paper}.",
    "Called {client} about {first}: attendance is fine, wants faster work on {skill}.",
    "{first} would like more hours. {client} may add Saturdays from next month.",
    "Parking at the {city} site is full by 6 am; told {first} to use the north lot.",
};
constexpr Phrases kNoShow = {
    "{first} {last} did not show up for the {shift} at {client}. Two calls, no answer.",
    "No-show in {city}. {client} is upset, they were short on the line all morning.",
    "{first} never arrived at {client}; texted at noon that the car broke down.",
    "No call, no show. {client} asked for a replacement {role} by tomorrow.",
    "{first} overslept and missed the first {shift} at {client}, then stopped answering.",
};
constexpr Phrases kQuit = {
    "{first} {last} walked off the {shift} at {client} after {hours} hours, says the work was not as described.",
    "{first} quit: found a job closer to home. {client} wants somebody with {skill} as soon as possible.",
    "Left the {city} site because child care fell through. Would work {shift}s again in spring.",
    "{first} resigned from {client} over the heat in the building; asked for climate-controlled sites only.",
    "Took an offer with a dollar more per hour elsewhere. Otherwise good terms with {client}.",
};
constexpr Phrases kTerminated = {
    "{client} ended the assignment of {first} {last}: late four times in two weeks.",
    "Removed from the site in {city} for using a phone while on equipment. Safety write-up attached.",
    "{client} let {first} go. Quality problems with {skill}, rework on three batches.",
    "Sent home for missing {paper}: the card had expired, nobody had checked.",
    "Argument with the shift lead at {client}. {first} is not to be sent there again.",
};
constexpr Phrases kDetail = {
    "The client mentioned a second building opening in {city} next quarter.",
    "Pay question: the last check was short by one day, payroll is looking at it.",
    "They are strict about steel-toe boots and clear bags.",
    "Has no car at the moment; the bus to the {city} site leaves at 5:40.",
    "{paper} runs out in two months, renewal is booked.",
    "Would rather not do nights again.",
    "The break room is being rebuilt, so lunch is in shifts.",
    "Supervisor changed; the new one wants a weekly call.",
    "Peak season is coming, they expect to need twice as many people.",
    "Speaks Spanish and English and translated for the crew.",
    "Asked about health insurance and when it starts.",
    "Prefers text messages to calls.",
};
constexpr Phrases kNextStep = {
    "Follow up on Friday.",
    "Look for a backup {role} within 20 miles of {city}.",
    "Sent the time sheet correction to payroll.",
    "Put on the list for the next {role} order.",
    "Ask for a copy of {paper}.",
    "Check in again after the first full week.",
    "Told {client} we would have names by 3 pm.",
    "No action needed.",
    "Offer the {city} weekend crew as an alternative.",
};
constexpr Phrases kRemark = {
    "Prefers first shift, has own car",
    "Will travel up to {miles} miles",
    "Called {date}: \"ready to start Monday\"",
    "Called {date}, left a message",
    "Strong at {skill}, weak on paperwork",
    "{paper} copy on file, expires next year",
    "Asked for climate-controlled sites only",
    "Not before 7 am, drops the kids at school",
    "Referred by a cousin who works for us, ask for \"{first}\"",
    "Spoke on {date}\nwants more hours, {skill} if possible",
    "Back injury in the past, no lifting over 40 lb\nletter from the doctor on file",
    "Met at the job fair; friendly, on time, brought references",
    "Bilingual, helped to train two people on {skill}",
    "Does not want night shifts any more",
    "See e-mail of {date}, re: direct deposit",
    "Résumé is out of date, has done {skill} since",
    "Lives near the bus line; {miles} miles is too far without a ride",
    "n/a",
};

}  // namespace

std::span<const std::string_view> CompletedPhrases() { return kCompleted; }
std::span<const std::string_view> ExtendedPhrases() { return kExtended; }
std::span<const std::string_view> RunningPhrases() { return kRunning; }
std::span<const std::string_view> NoShowPhrases() { return kNoShow; }
std::span<const std::string_view> QuitPhrases() { return kQuit; }
std::span<const std::string_view> TerminatedPhrases() { return kTerminated; }
std::span<const std::string_view> DetailPhrases() { return kDetail; }
std::span<const std::string_view> NextStepPhrases() { return kNextStep; }
std::span<const std::string_view> RemarkPhrases() { return kRemark; }

}  // namespace lakehouse::demo
