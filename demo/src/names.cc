#include "names.h"

namespace lakehouse::demo {
namespace {

constexpr std::string_view kGivenNames[] = {
    "Aaron",    "Abigail",  "Adrian",    "Aisha",    "Alejandra", "Alexander", "Alice",       "Alina",    "Amara",   "Amir",
    "Ana",      "André",    "Angela",    "Anika",    "Anthony",   "Antonio",   "Ariana",      "Arjun",    "Ashley",  "Astrid",
    "Beatriz",  "Benjamin", "Bernard",   "Bianca",   "Brandon",   "Brenda",    "Brian",       "Bridget",  "Caleb",   "Camila",
    "Carlos",   "Carmen",   "Caroline",  "Cedric",   "Chidi",     "Chloë",     "Christopher", "Claire",   "Clara",   "Connor",
    "Crystal",  "Cynthia",  "Damian",    "Dana",     "Daniel",    "Daria",     "David",       "Deborah",  "Denise",  "Derek",
    "Desmond",  "Diego",    "Dmitri",    "Dolores",  "Dominic",   "Dorothy",   "Dylan",       "Eduardo",  "Elena",   "Eli",
    "Elijah",   "Elisa",    "Emeka",     "Emily",    "Emma",      "Enrique",   "Erik",        "Esther",   "Ethan",   "Eva",
    "Fatima",   "Felix",    "Fernando",  "Fiona",    "Frances",   "Francisco", "Gabriel",     "Gabriela", "George",  "Gerald",
    "Gloria",   "Grace",    "Graham",    "Greta",    "Guadalupe", "Hannah",    "Harold",      "Hassan",   "Hector",  "Helen",
    "Henry",    "Hiroshi",  "Hugo",      "Ian",      "Ibrahim",   "Imani",     "Ines",        "Irene",    "Isaac",   "Isabel",
    "Ivan",     "Jada",     "Jamal",     "James",    "Jasmine",   "Javier",    "Jean",        "Jeremy",   "Jessica", "Jin",
    "Joanna",   "Joel",     "Jonah",     "Jorge",    "Joseph",    "José",      "Joyce",       "João",     "Juan",    "Julia",
    "Julian",   "Kamala",   "Karen",     "Karl",     "Katherine", "Keisha",    "Kelly",       "Kenji",    "Kevin",   "Khalid",
    "Kimberly", "Kwame",    "Laila",     "Lamar",    "Laura",     "Leah",      "Leon",        "Leticia",  "Liam",    "Linda",
    "Linh",     "Logan",    "Lorenzo",   "Lucas",    "Lucia",     "Luis",      "Lydia",       "Maeve",    "Malik",   "Manuel",
    "Marcus",   "Margaret", "Maria",     "Marisol",  "Mark",      "Martha",    "Martin",      "Matthew",  "Maya",    "Megan",
    "Mei",      "Melissa",  "Michael",   "Miguel",   "Mina",      "Mohammed",  "Monica",      "Nadia",    "Naomi",   "Natalie",
    "Nathan",   "Neha",     "Nia",       "Nicholas", "Nicole",    "Nikhil",    "Nina",        "Noah",     "Noor",    "Olga",
    "Olivia",   "Omar",     "Oscar",     "Owen",     "Pamela",    "Patricia",  "Paul",        "Paula",    "Pedro",   "Peter",
    "Philip",   "Priya",    "Quentin",   "Rachel",   "Rafael",    "Raj",       "Ramona",      "Rashid",   "Raymond", "Rebecca",
    "Renée",    "Ricardo",  "Robert",    "Rosa",     "Rowan",     "Roxanne",   "Ruben",       "Ruth",     "Ryan",    "Sabrina",
    "Salma",    "Samantha", "Samuel",    "Sandra",   "Sara",      "Sean",      "Sergio",      "Shanice",  "Sharon",  "Sienna",
    "Simon",    "Sofía",    "Stephanie", "Steven",   "Sunita",    "Susan",     "Svetlana",    "Tamika",   "Tara",    "Terrence",
    "Thanh",    "Theresa",  "Thomas",    "Tiana",    "Tobias",    "Travis",    "Trevor",      "Uma",      "Valerie", "Vanessa",
    "Victor",   "Victoria", "Vincent",   "Violet",   "Walter",    "Wanda",     "Wei",         "Wendy",    "William", "Xavier",
    "Ximena",   "Yasmin",   "Yolanda",   "Yusuf",    "Zachary",   "Zainab",    "Zoë",         "Łukasz",
};

constexpr std::string_view kFamilyNames[] = {
    "Abbott",   "Acosta",     "Adams",     "Adebayo",    "Aguilar",   "Ahmed",      "Alvarez",      "Andersen", "Anderson", "Baker",
    "Banerjee", "Barnes",     "Becker",    "Begum",      "Bell",      "Bennett",    "Bergström",    "Bianchi",  "Blake",    "Boateng",
    "Bowman",   "Brennan",    "Brooks",    "Brown",      "Burke",     "Calderón",   "Campbell",     "Cardoso",  "Carter",   "Carter-Bell",
    "Castillo", "Chang",      "Chapman",   "Chen",       "Choi",      "Clark",      "Cohen",        "Coleman",  "Collins",  "Contreras",
    "Cooper",   "Costa",      "Cruz",      "Cunningham", "Dalton",    "Davies",     "Davis",        "Delgado",  "Desai",    "Diallo",
    "Diaz",     "Dixon",      "Dominguez", "Douglas",    "Duarte",    "Dubois",     "Dunn",         "Edwards",  "Ellis",    "Engström",
    "Espinoza", "Estrada",    "Evans",     "Farrell",    "Fernandes", "Fischer",    "Fitzgerald",   "Fletcher", "Flores",   "Foster",
    "Fowler",   "Fuentes",    "Gallagher", "García",     "Gardner",   "Garza",      "Gibson",       "Gomez",    "González", "Gordon",
    "Graham",   "Grant",      "Green",     "Greene",     "Griffin",   "Gupta",      "Gutierrez",    "Hale",     "Hall",     "Hamilton",
    "Hansen",   "Harper",     "Harris",    "Hashimoto",  "Hayes",     "Henderson",  "Hernández",    "Herrera",  "Hill",     "Ho",
    "Hoffman",  "Holloway",   "Holt",      "Howard",     "Hughes",    "Hussain",    "Ibarra",       "Ito",      "Jackson",  "Jain",
    "James",    "Jenkins",    "Jensen",    "Jiménez",    "Johansson", "Johnson",    "Jones",        "Jordan",   "Joseph",   "Juarez",
    "Kang",     "Kaplan",     "Kaur",      "Keller",     "Kelly",     "Khan",       "Kim",          "King",     "Klein",    "Knight",
    "Kovács",   "Kowalski",   "Kumar",     "Lam",        "Lambert",   "Larsen",     "Lawson",       "Le",       "Lee",      "Lewis",
    "Lim",      "Lim-Porter", "Lindqvist", "Liu",        "Logan",     "Lopez",      "Lowe",         "Lozano",   "Lynch",    "MacDonald",
    "Mahmoud",  "Maldonado",  "Marsh",     "Marsh-Diaz", "Martin",    "Martinez",   "Mason",        "Matthews", "McCarthy", "McKenna",
    "Medina",   "Mehta",      "Mendoza",   "Meyer",      "Miller",    "Mitchell",   "Moore",        "Morales",  "Moreno",   "Morgan",
    "Morris",   "Murphy",     "Murray",    "Muñoz",      "Nakamura",  "Navarro",    "Nelson",       "Nguyễn",   "Nielsen",  "Nowak",
    "Nwosu",    "Núñez",      "O'Brien",   "O'Connor",   "Okafor",    "Okoye",      "Olsen",        "Ortega",   "Ortiz",    "Osei",
    "Owens",    "Pacheco",    "Palmer",    "Park",       "Parker",    "Patel",      "Pereira",      "Perez",    "Perry",    "Petersen",
    "Peterson", "Pham",       "Phillips",  "Popescu",    "Porter",    "Powell",     "Price",        "Quinn",    "Ramirez",  "Ramos",
    "Rao",      "Reed",       "Reyes",     "Reyes-Holt", "Reynolds",  "Rhodes",     "Rivera",       "Roberts",  "Robinson", "Rodríguez",
    "Rojas",    "Romero",     "Rosales",   "Ross",       "Rossi",     "Ruiz",       "Ruiz-Alvarez", "Russell",  "Ryan",     "Salazar",
    "Sanchez",  "Sanders",    "Sandoval",  "Santos",     "Sato",      "Schmidt",    "Schneider",    "Scott",    "Shah",     "Sharma",
    "Shaw",     "Silva",      "Simmons",   "Singh",      "Smith",     "Smith-Osei", "Soto",         "Sousa",    "Stewart",  "Stone",
    "Sullivan", "Suzuki",     "Takahashi", "Tanaka",     "Taylor",    "Thomas",     "Thompson",     "Torres",   "Tran",     "Tucker",
    "Turner",   "Valdez",     "Van Dyke",  "Vargas",     "Vasquez",   "Vega",       "Wagner",       "Walker",   "Wallace",  "Walsh",
    "Wang",     "Ward",       "Warren",    "Watanabe",   "Watson",    "Webb",       "Weber",        "Wells",    "West",     "White",
    "Williams", "Wilson",     "Wong",      "Wood",       "Wright",    "Wu",         "Yamamoto",     "Yang",     "Young",    "Zamora",
    "Zhang",    "Zhou",       "Ziegler",
};

constexpr std::string_view kCompanyNames[] = {
    "Ironleaf",    "Harborline", "Copperfield", "Bluestem",  "Northgate", "Quarryside", "Silverbend", "Redwing",   "Millbrook",
    "Stonebridge", "Clearwater", "Eastmark",    "Fairmont",  "Granite",   "Hollow",     "Juniper",    "Kestrel",   "Larkspur",
    "Meridian",    "Oakhurst",   "Pinecrest",   "Ridgeway",  "Sandpiper", "Tallgrass",  "Union",      "Valley",    "Westfield",
    "Yellowstone", "Amberly",    "Birchwood",   "Cedar",     "Dunmore",   "Elmwood",    "Foxglove",   "Goldfinch", "Hawthorn",
    "Inland",      "Jasper",     "Keystone",    "Lakeshore", "Maplewood", "Norwood",    "Orchard",    "Prairie",   "Quail",
    "Riverbend",   "Summit",     "Thornton",    "Upland",    "Vista",     "Willow",     "Windmill",   "Zephyr",    "Anchor",
    "Beacon",      "Crescent",   "Delta",       "Ember",
};

}  // namespace

std::span<const std::string_view> GivenNames() { return kGivenNames; }
std::span<const std::string_view> FamilyNames() { return kFamilyNames; }
std::span<const std::string_view> CompanyNames() { return kCompanyNames; }

}  // namespace lakehouse::demo
