"""The staffing collection for rankings, made from a seed: profiles that say the same in different words, towns that two states have, and
searches whose truth is the generator's."""
import random

from people import FIRST, LAST, typo

# What people of a trade are called, and what they say they do. A profile has one of the names and two of the sentences, so that who asks
# with the other names finds it by what such profiles have in common.
TRADES = {
    "forklift": (["Forklift operator", "Lift truck driver", "Reach truck driver"],
                 ["Moves pallets with a counterbalance truck.", "Drives a forklift on the dock.", "Stacks pallets in high racking with a reach truck.",
                  "Loads trailers and checks pallets at the dock.", "Charges the battery of the lift truck and checks its mast."]),
    "nurse": (["Registered nurse", "Ward sister", "Bedside carer"],
              ["Gives medicine to patients on the ward.", "Takes blood and changes dressings.", "Watches patients after surgery, at the bedside.", "Writes the chart of each patient.",
               "Admits patients and talks to families on the ward."]),
    "welder": (["Pipe welder", "TIG welder", "Metal joiner"],
               ["Joins steel pipe with arc welding.", "Reads drawings and cuts steel plate.", "Welds stainless pipe in the shop.", "Grinds seams and tests welds under pressure.",
                "Sets up the torch and joins metal in tight places."]),
    "cook": (["Line cook", "Kitchen hand", "Canteen chef"],
             ["Prepares meals on the grill.", "Cuts vegetables and keeps the kitchen clean.", "Plans the menu of the canteen.", "Bakes bread and cooks soup for two hundred.",
              "Runs the grill station at lunch in the canteen."]),
    "electrician": (["Electrician", "Wireman", "Panel builder"],
                    ["Wires panels and motors.", "Pulls cable through conduit.", "Finds faults in control cabinets.", "Connects drives and measures voltage at the panel.",
                     "Installs switches and conduit in halls."]),
    "cleaner": (["Janitor", "Cleaner", "Custodian"],
                ["Keeps halls and offices clean.", "Mops floors and empties bins.", "Washes windows of offices.", "Polishes floors with a machine at night.",
                 "Restocks soap and towels and cleans the washrooms."]),
    "driver": (["Truck driver", "Haulier", "Delivery driver"],
               ["Hauls freight between warehouses.", "Drives a semi trailer on long routes.", "Delivers parcels and freight to shops.", "Keeps the log of hours and the papers of the load.",
                "Couples trailers and inspects brakes before the route."]),
    "machinist": (["Machinist", "Lathe operator", "CNC setter"],
                  ["Sets up lathes and mills.", "Turns shafts to a hundredth.", "Writes programs for CNC mills.", "Measures parts with gauges and changes tools at the lathe.",
                   "Turns and mills parts of brass."]),
}
# Springfield, Aurora and Columbus are of two states each: who asks for one does not want the other.
PLACES = [("Springfield", "IL"), ("Springfield", "MA"), ("Aurora", "IL"), ("Aurora", "CO"), ("Columbus", "OH"), ("Columbus", "GA"), ("Joliet", "IL"), ("Rockford", "IL"), ("Gary", "IN"),
          ("Hammond", "IN"), ("Davenport", "IA"), ("Dubuque", "IA"), ("Kenosha", "WI"), ("Racine", "WI"), ("Lansing", "MI"), ("Flint", "MI"), ("Toledo", "OH"), ("Dayton", "OH")]
EMPLOYERS = [a + b for a in "Cop Bright Dun East Fern Gran Har Iron Jun Kes Lark Mill North Oak Pine Red Sil Thorn Under West".split()
             for b in "line well more lake hill by gate wood per trel spur brook field ridge crest stone ver bury wick ford".split()]
STATES = {"IL": "Illinois", "MA": "Massachusetts", "CO": "Colorado", "OH": "Ohio", "GA": "Georgia", "IN": "Indiana", "IA": "Iowa", "WI": "Wisconsin", "MI": "Michigan"}


def profiles(count, rng):
    rows = []
    for number in range(count):
        trade = rng.choice(list(TRADES))
        titles, duties = TRADES[trade]
        city, state = rng.choice(PLACES)
        employer = EMPLOYERS[number * 7 % len(EMPLOYERS)] + rng.choice([" Foods", " Works", " Clinic", " Freight"])
        first, last = rng.choice(FIRST), rng.choice(LAST)
        text = (f"{first} {last} lives in {city}, {STATES[state]}. {' '.join(rng.sample(duties, 2))} Was with {employer} for {rng.randint(1, 20)} years. "
                f"Can start in {rng.randint(1, 9)} days.")
        rows.append({"worker_id": f"W-{number:04d}", "title": rng.choice(titles), "text": text, "trade": trade, "city": city, "state": state, "employer": employer})
    rng.shuffle(rows)
    return rows


def graded(rows, trade, city, state):
    """2: the trade in that town; 1: the trade elsewhere in the state."""
    return {row["worker_id"]: 2 if row["city"] == city else 1 for row in rows if row["trade"] == trade and row["state"] == state}


def searches(count=2_000, seed=20261124):
    """Rows, queries {id: (kind, text)} and judgements {id: {row: grade}}. Kinds: "named" (as many profiles say it), "said otherwise" (with a
    sentence that others of the trade say), "town of two states", "mistyped" (one person, by employer and trade)."""
    rng = random.Random(seed)
    rows = profiles(count, rng)
    queries, judgements = {}, {}

    def add(kind, text, truth):
        name = f"{kind.replace(' ', '-')}-{len(queries):03d}"
        queries[name], judgements[name] = (kind, text), truth

    plain = [place for place in PLACES if sum(city == place[0] for city, _ in PLACES) == 1]
    twice = [place for place in PLACES if place not in plain]
    for number in range(50):
        trade = list(TRADES)[number % len(TRADES)]
        titles, duties = TRADES[trade]
        city, state = rng.choice(plain)
        add("named", f"{rng.choice(titles).lower()} in {city}, {STATES[state]}", graded(rows, trade, city, state))
        city, state = rng.choice(plain)
        add("said otherwise", f"somebody in {city} who {rng.choice(duties)[:-1].lower()}", graded(rows, trade, city, state))
        city, state = twice[number % len(twice)]
        add("town of two states", f"{rng.choice(titles).lower()} in {city}, {STATES[state]}", graded(rows, trade, city, state))
        person = rng.choice(rows)
        add("mistyped", typo(f"{person['title'].lower()} who was with {person['employer'].lower()} in {person['city']}", rng), {person["worker_id"]: 1})
    return rows, queries, judgements
