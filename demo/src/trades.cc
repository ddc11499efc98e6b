#include "trades.h"

namespace lakehouse::demo {
namespace {

using NameList = std::string_view[];

constexpr NameList kWarehouseAssociateSkills = {"pick and pack",    "RF scanner",      "pallet jack",   "loading dock",
                                                "inventory counts", "shrink wrapping", "cycle counting"};
constexpr NameList kWarehouseAssociatePapers = {"OSHA 10"};
constexpr NameList kForkliftOperatorSkills = {"sit-down forklift", "stand-up reach truck", "pallet jack", "RF scanner",
                                              "loading dock",      "cherry picker",        "clamp truck"};
constexpr NameList kForkliftOperatorPapers = {"Forklift Certification", "OSHA 10"};
constexpr NameList kOrderPickerSkills = {"order picking", "voice picking", "RF scanner", "pick and pack", "pallet jack", "labeling"};
constexpr NameList kOrderPickerPapers = {"OSHA 10"};
constexpr NameList kShippingClerkSkills = {"shipping documents", "bill of lading", "inventory counts",
                                           "spreadsheets",       "RF scanner",     "carrier scheduling"};
constexpr NameList kShippingClerkPapers = {"OSHA 10"};
constexpr NameList kCdlADriverSkills = {"tractor-trailer", "drop and hook",   "electronic logs",
                                        "route planning",  "load securement", "pre-trip inspection"};
constexpr NameList kCdlADriverPapers = {"CDL Class A", "HazMat Endorsement", "TWIC Card", "DOT Medical Card"};
constexpr NameList kDeliveryDriverSkills = {"route planning", "box truck", "customer service", "proof of delivery", "load securement"};
constexpr NameList kDeliveryDriverPapers = {"DOT Medical Card"};
constexpr NameList kMachineOperatorSkills = {"press operation", "machine setup",  "micrometers",
                                             "changeovers",     "lockout tagout", "packaging lines"};
constexpr NameList kMachineOperatorPapers = {"OSHA 10"};
constexpr NameList kCncMachinistSkills = {"G-code",      "Haas mills",   "lathe setup", "blueprint reading",
                                          "micrometers", "tool offsets", "Mastercam"};
constexpr NameList kCncMachinistPapers = {"NIMS Machining Level I", "OSHA 10"};
constexpr NameList kWelderSkills = {"MIG welding", "TIG welding", "flux-core welding", "blueprint reading", "grinding", "oxy-fuel cutting"};
constexpr NameList kWelderPapers = {"AWS D1.1", "OSHA 10"};
constexpr NameList kAssemblerSkills = {"hand tools",        "torque tools",      "soldering",
                                       "work instructions", "blueprint reading", "line balancing"};
constexpr NameList kAssemblerPapers = {"IPC-A-610"};
constexpr NameList kQualityInspectorSkills = {"calipers", "CMM", "sampling plans", "root cause analysis", "ISO 9001", "blueprint reading"};
constexpr NameList kQualityInspectorPapers = {"Certified Quality Inspector"};
constexpr NameList kMaintenanceTechnicianSkills = {"hydraulics",     "pneumatics", "PLC troubleshooting", "preventive maintenance",
                                                   "lockout tagout", "conveyors"};
constexpr NameList kMaintenanceTechnicianPapers = {"OSHA 30", "EPA 608"};
constexpr NameList kGeneralLaborerSkills = {"site cleanup", "material handling", "demolition", "hand tools", "concrete work"};
constexpr NameList kGeneralLaborerPapers = {"OSHA 10"};
constexpr NameList kCarpenterSkills = {"framing", "finish carpentry", "blueprint reading", "power tools", "drywall"};
constexpr NameList kCarpenterPapers = {"OSHA 30", "OSHA 10"};
constexpr NameList kElectricianHelperSkills = {"conduit bending", "wire pulling", "hand tools", "panel wiring", "blueprint reading"};
constexpr NameList kElectricianHelperPapers = {"OSHA 10"};
constexpr NameList kAdministrativeAssistantSkills = {"calendar management", "spreadsheets", "data entry", "phone etiquette",
                                                     "travel booking"};
constexpr NameList kAdministrativeAssistantPapers = {"Notary Public"};
constexpr NameList kCustomerServiceRepresentativeSkills = {"call handling",       "CRM software", "order entry",
                                                           "conflict resolution", "live chat",    "typing 60 wpm"};
constexpr NameList kCustomerServiceRepresentativePapers = {"Six Sigma Yellow Belt"};
constexpr NameList kDataEntryClerkSkills = {"data entry", "ten-key", "spreadsheets", "document scanning", "typing 60 wpm"};
constexpr NameList kDataEntryClerkPapers = {"Typing Certificate"};
constexpr NameList kAccountsPayableClerkSkills = {"invoice matching", "spreadsheets", "ten-key", "reconciliation", "vendor files"};
constexpr NameList kAccountsPayableClerkPapers = {"QuickBooks Certified User"};
constexpr NameList kMedicalAssistantSkills = {"vital signs", "phlebotomy", "EHR charting", "injections", "patient intake"};
constexpr NameList kMedicalAssistantPapers = {"Certified Medical Assistant", "BLS"};
constexpr NameList kCertifiedNursingAssistantSkills = {"patient transfers", "vital signs", "EHR charting", "bathing and dressing",
                                                       "feeding assistance"};
constexpr NameList kCertifiedNursingAssistantPapers = {"CNA License", "BLS"};
constexpr NameList kLineCookSkills = {"grill station", "prep work", "knife skills", "food safety", "inventory counts"};
constexpr NameList kLineCookPapers = {"ServSafe Food Handler"};
constexpr NameList kFoodProductionWorkerSkills = {"packaging lines", "food safety", "sanitation", "weighing and mixing", "cold storage"};
constexpr NameList kFoodProductionWorkerPapers = {"ServSafe Food Handler"};
constexpr NameList kHousekeeperSkills = {"room turnover", "laundry", "sanitation", "linen counts", "inspection checklists"};
constexpr NameList kHousekeeperPapers = {"Bloodborne Pathogens"};

constexpr Trade kTrades[] = {
    {"Warehouse Associate", Sector::kLogistics, 150, 1675, kWarehouseAssociateSkills, kWarehouseAssociatePapers, 120},
    {"Forklift Operator", Sector::kLogistics, 95, 1875, kForkliftOperatorSkills, kForkliftOperatorPapers, 820},
    {"Order Picker", Sector::kLogistics, 85, 1650, kOrderPickerSkills, kOrderPickerPapers, 70},
    {"Shipping Clerk", Sector::kLogistics, 45, 1825, kShippingClerkSkills, kShippingClerkPapers, 60},
    {"CDL-A Driver", Sector::kLogistics, 55, 2675, kCdlADriverSkills, kCdlADriverPapers, 985},
    {"Delivery Driver", Sector::kLogistics, 50, 1850, kDeliveryDriverSkills, kDeliveryDriverPapers, 240},
    {"Machine Operator", Sector::kManufacturing, 85, 1900, kMachineOperatorSkills, kMachineOperatorPapers, 260},
    {"CNC Machinist", Sector::kManufacturing, 32, 2650, kCncMachinistSkills, kCncMachinistPapers, 430},
    {"Welder", Sector::kManufacturing, 40, 2475, kWelderSkills, kWelderPapers, 610},
    {"Assembler", Sector::kManufacturing, 80, 1725, kAssemblerSkills, kAssemblerPapers, 150},
    {"Quality Inspector", Sector::kManufacturing, 30, 2100, kQualityInspectorSkills, kQualityInspectorPapers, 330},
    {"Maintenance Technician", Sector::kManufacturing, 28, 2950, kMaintenanceTechnicianSkills, kMaintenanceTechnicianPapers, 420},
    {"General Laborer", Sector::kConstruction, 70, 1775, kGeneralLaborerSkills, kGeneralLaborerPapers, 380},
    {"Carpenter", Sector::kConstruction, 26, 2550, kCarpenterSkills, kCarpenterPapers, 350},
    {"Electrician Helper", Sector::kConstruction, 24, 1975, kElectricianHelperSkills, kElectricianHelperPapers, 450},
    {"Administrative Assistant", Sector::kOffice, 48, 1975, kAdministrativeAssistantSkills, kAdministrativeAssistantPapers, 90},
    {"Customer Service Representative", Sector::kOffice, 60, 1775, kCustomerServiceRepresentativeSkills,
     kCustomerServiceRepresentativePapers, 40},
    {"Data Entry Clerk", Sector::kOffice, 40, 1700, kDataEntryClerkSkills, kDataEntryClerkPapers, 210},
    {"Accounts Payable Clerk", Sector::kOffice, 26, 2175, kAccountsPayableClerkSkills, kAccountsPayableClerkPapers, 260},
    {"Medical Assistant", Sector::kHealth, 36, 1950, kMedicalAssistantSkills, kMedicalAssistantPapers, 760},
    {"Certified Nursing Assistant", Sector::kHealth, 52, 1850, kCertifiedNursingAssistantSkills, kCertifiedNursingAssistantPapers, 990},
    {"Line Cook", Sector::kFood, 42, 1750, kLineCookSkills, kLineCookPapers, 570},
    {"Food Production Worker", Sector::kFood, 60, 1650, kFoodProductionWorkerSkills, kFoodProductionWorkerPapers, 310},
    {"Housekeeper", Sector::kFood, 44, 1600, kHousekeeperSkills, kHousekeeperPapers, 110},
};

constexpr NameList kEverydaySkills = {"team lead",   "bilingual",       "forklift spotter", "first aid",
                                      "time sheets", "safety meetings", "heavy lifting",    "training new hires"};

constexpr NameList kLogisticsNames = {"Logistics",  "Freight Lines", "Distribution", "Fulfillment",
                                      "Cold Chain", "Parcel Hub",    "Warehousing"};
constexpr NameList kManufacturingNames = {"Fabrication", "Castings", "Plastics", "Machine Works", "Components", "Motor Parts", "Packaging"};
constexpr NameList kConstructionNames = {"Builders", "Contracting", "Structures", "Paving", "Site Services"};
constexpr NameList kOfficeNames = {"Insurance Group", "Credit Services", "Benefits Administration", "Claims Center", "Title Company"};
constexpr NameList kHealthNames = {"Care Center", "Clinics", "Rehabilitation", "Home Health", "Senior Living"};
constexpr NameList kFoodNames = {"Foods", "Bakery Company", "Hotels", "Catering", "Meats", "Produce"};

}  // namespace

std::span<const Trade> Trades() { return kTrades; }

std::span<const std::string_view> EverydaySkills() { return kEverydaySkills; }

std::span<const std::string_view> BusinessNames(Sector sector) {
  switch (sector) {
    case Sector::kLogistics: return kLogisticsNames;
    case Sector::kManufacturing: return kManufacturingNames;
    case Sector::kConstruction: return kConstructionNames;
    case Sector::kOffice: return kOfficeNames;
    case Sector::kHealth: return kHealthNames;
    case Sector::kFood: return kFoodNames;
  }
  return kOfficeNames;
}

std::string_view SectorName(Sector sector) {
  switch (sector) {
    case Sector::kLogistics: return "logistics";
    case Sector::kManufacturing: return "manufacturing";
    case Sector::kConstruction: return "construction";
    case Sector::kOffice: return "office";
    case Sector::kHealth: return "healthcare";
    case Sector::kFood: return "food and hospitality";
  }
  return "other";
}

}  // namespace lakehouse::demo
