"""What figures say about values that their axes cannot show."""

AT = "{what} at {place} {first}"
FROM = "{what} from {place} {first}"
UP_TO = "{what} up to {place} {last}"
BETWEEN = "{what} from {place} {first} to {last}"
EVERYWHERE = "{what} everywhere"
SCATTERED = "{what} at {count} of {total} points"
OR = " or "
BELOW_ZERO = "below 0"

ONE_COLOUR = "losses above {most} have one colour"
