"""The staffing collection, made from a seed: résumés whose truth is known, decoys, rules of sites, and questions with and without an answer."""
import random

FIRST = "Dara Ilan Noor Ruben Mika Tess Jon Ada Pim Lena Omar Ines Karl Vera Hugo Yara Emil Rosa Theo Nina Paul Olga Ivan Mara".split()
LAST = "Voskuil Perethy Haddiqa Talasco Sorvane Okoro Bratland Quill Hartog Fisk Dravic Calloway Benner Stroud Ikeda Marlow Novak Petrosian Lund Abara".split()
TOWNS = {"IL": ["Joliet", "Chicago", "Aurora", "Elgin", "Rockford"], "IN": ["Gary", "Hammond", "Muncie", "Valparaiso"], "IA": ["Davenport", "Ames", "Dubuque"],
         "WI": ["Kenosha", "Racine"], "MI": ["Lansing", "Flint"]}
ROLES = {"Forklift operator": "Drives counterbalance and reach trucks on the dock.", "Registered nurse": "Cares for patients on the ward.", "Pipe welder": "Joins steel pipe with arc welding.",
         "Packer": "Packs and labels pallets at the end of the line.", "Electrician": "Wires panels and motors.", "Machinist": "Sets up and runs lathes and mills.",
         "Truck driver": "Hauls freight between warehouses.", "Cook": "Prepares meals for the canteen.", "Janitor": "Keeps halls and offices clean.", "Assembler": "Puts gear boxes together by hand."}
LANGUAGES = ["Spanish", "Polish", "Arabic", "Tagalog"]


def resume(number, role, state, card, rng):
    """`card`: "10", "30", "expired", "none" or "silent"."""
    name, city = f"{rng.choice(FIRST)} {rng.choice(LAST)}", rng.choice(TOWNS[state])
    years = rng.randint(1, 24)
    says = {"10": f"Holds OSHA-10, card issued in {rng.randint(2023, 2026)}.", "30": f"Holds OSHA-30, card issued in {rng.randint(2023, 2026)}.",
            "expired": f"OSHA-10 expired in {rng.randint(2015, 2021)}.", "none": "Has no OSHA-10 card.", "silent": "First aid certificate."}[card]
    text = (f"{name} lives in {city}, {state}. {role} for {years} years. {ROLES[role]} {says} Speaks English and {rng.choice(LANGUAGES)}. "
            f"Can start with {rng.randint(1, 9)} days of notice.")
    return {"resume_id": f"R-{number:05d}", "title": f"{name}, {role.lower()}", "text": text, "role": role, "city": city, "state": state, "card": card, "decoy": False}


def resumes(count=15_000, decoys=500, seed=20261122):
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        state = rng.choices(list(TOWNS), weights=[4, 3, 3, 2, 2])[0]
        rows.append(resume(number, rng.choice(list(ROLES)), state, rng.choices(["10", "30", "expired", "none", "silent"], weights=[2, 2, 1, 1, 6])[0], rng))
    for number in range(decoys):  # each lacks one thing only
        state, card = [("IL", "30"), ("IL", "none"), ("IL", "expired"), ("IA", "10"), ("IN", "10")][number % 5]
        rows.append({**resume(count + number, "Forklift operator", state, card, rng), "decoy": True})
    rng.shuffle(rows)
    return rows


SITES = ["Vantreck", "Holmgate", "Brightwell", "Copperline", "Dunmore", "Eastlake", "Fernhill", "Granby", "Harrowgate", "Ironwood", "Juniper", "Kestrel", "Larkspur", "Millbrook",
         "Northfield", "Oakridge", "Pinecrest", "Quarry Road", "Redstone", "Silverton", "Thornbury", "Underhill", "Violet Park", "Westbrook", "Yellowbank"]
FACTS = [("The gate of {site} opens at {a} in the morning.", "When does the gate of {site} open?", "gate"),
         ("Night shifts at {site} carry a supplement of {a} percent.", "What supplement do night shifts at {site} carry?", "supplement"),
         ("The safety officer of {site} is {p}.", "Who is the safety officer of {site}?", "officer"),
         ("Parking at {site} costs {a} dollars a week.", "What does parking at {site} cost?", "parking"),
         ("Visitors of {site} sign in at door {a}.", "At which door do visitors of {site} sign in?", "visitors"),
         ("The canteen of {site} serves soup on {d}.", "When does the canteen of {site} serve soup?", "canteen"),
         ("Lockers at {site} are emptied every {d}.", "When are lockers at {site} emptied?", "lockers"),
         ("{p} keeps the keys of the tool crib at {site}.", "Who keeps the keys of the tool crib at {site}?", "keys")]
NOWHERE = ["Which elephant trainer works at {site}?", "What does the mayor of {site} earn?", "Who won the chess tournament at {site}?", "How deep is the swimming pool of {site}?",
           "When does the helicopter leave from {site}?", "What is the password of the wireless network at {site}?", "Who painted the mural at {site}?", "Which vaccine does the clinic at {site} give?"]


def typo(text, rng):
    words = text.split()
    at = max(range(len(words)), key=lambda i: (len(words[i]) if words[i][0].islower() else 0, -i))
    word = words[at]
    cut = rng.randint(1, len(word) - 3)
    words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2:]
    return " ".join(words)


def handbook(seed=20261123):
    """Rules of sites as rows, and questions: (text, what the answer must hold; None: there is none)."""
    rng = random.Random(seed)
    rows, questions = [], []
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    for number, site in enumerate(SITES):
        lines = []
        for sentence, question, _ in FACTS:
            values = {"site": site, "a": rng.randint(2, 59), "p": f"{rng.choice(FIRST)} {rng.choice(LAST)}", "d": rng.choice(days)}
            lines.append(sentence.format(**values))
            text = question.format(site=site)
            questions.append((typo(text, rng) if rng.random() < .25 else text, lines[-1]))
        rows.append({"rule_id": f"S-{number:03d}", "title": f"Rules of {site}", "text": " ".join(lines)})
    rng.shuffle(questions)
    answerable = questions[:200]
    nowhere = [(NOWHERE[i % len(NOWHERE)].format(site=SITES[(i * 7) % len(SITES)]), None) for i in range(40)]
    return rows, answerable + nowhere
