"""The few names of the ontology that carry structure for the index; no other module lists any."""

SOURCE, CHAIN, SEGMENT = "Source", "Chain", "Segment"

MEMBER = "segmentOf"  # segment → chain: stage, essential, weight, position
PRODUCT_OF = "productOf"  # product → segment
FEEDS = "feeds"  # segment → segment
PART = "subsegmentOf"  # segment → wider segment
ALTERNATIVE = "alternativeTo"  # segment → segment: one is enough
PART_OF = "partOf"  # place → place: extent
LOCATED = "locatedIn"  # anything → place
LEADS = "leads"  # firm → chain
HONOURED = "honoured"  # anything → honour

IN_CHAIN, COMPLETE = "chain", "complete_template"  # of a segment; of a chain: all there is
PLACE, FUNCTION = "place", "function"  # fields of a link that says what a firm does where
COUNTED = ("", "production", "unknown")  # functions that make a segment present
ANY_FUNCTION, SERVICE = "any_function", "service"  # unless the segment is one of these
EXTENT, PARTIAL, LEVEL = "extent", "partial", "level"
LISTED, PRODUCT, ENGLISH = "listed_code", "product", "name_en"
CUSTOMER = "customer"  # the second end of every link by which a firm supplies another
HONOUR_WORDS = "StrongHonour"  # words in an honour's name that mark a leader

DEFAULT_GRADE, INFERRED = "industry", "inferred"

# Who meets whom, and how a gap came to be closed.
COMPANY, INSTITUTE, PERSON = "Company", "Institute", "Person"
PROJECT, STAGE, DEMAND, CLUSTER = "Project", "Stage", "Demand", "Cluster"
OBSERVATION, POLICY, TRAIT = "Observation", "Policy", "Trait"
FACILITATES = "facilitates"  # alliance or agency → what it brought about
FILLS = "fills"  # project → segment
ASKS = "asksFor"  # demand → segment or product
MEMBER_OF = "memberOf"  # anything → alliance, cluster or fund
TAKES_PART = "takesPartIn"  # participant → event
HOLDS = "holds"  # person → organisation
SUBJECT, STATUS, STEP, FORM, ASKER = "subject", "status", "step", "form", "asker"
TEXT = "text"  # of a trait
GONE = ("stopped", "closed", "moved")  # statuses of a firm that no longer works there
ENDED = "ended"  # the step of a project that came to nothing
DONE = ("in_production", "full_capacity")  # the steps after which a project is a plant
WISHES = ("framework", "intent", "shortlist")  # forms of a supply that is not one yet
