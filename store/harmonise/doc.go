// Package harmonise computes what the list says of one number or range on one
// day, from the evidence that counts for it, and tells why.
//
// Publishers disagree. One desk calls a number a lender, another a swindler, a
// third names it a courier; some count two reports, some two thousand; some
// belong to the same owner. Every node must make the same entry of all this,
// to the last bit, whatever the order in which it heard it. So the rules are
// integers only: two committed tables stand in for the logarithm and the
// decay, voices are added as −log2(1 − strength), and sums of integers do not
// depend on order where products of rounded numbers would.
//
// The steps, for one key and one day:
//
//  1. Per independence group and category only the newest live flag counts
//     (a claim). One of confidence 0 silences the group's older ones.
//  2. A claim's confidence halves with every half-life of its class; strength
//     is weight times what is left.
//  3. A group lends a class its strongest claim in it; the class's sum adds
//     the groups.
//  4. Untyped evidence supports har, mkt and oth, group by group, and never
//     crm, which needs evidence of its own.
//  5. A class passes with one group at the single-source threshold, or with
//     two voices and enough of a sum.
//  6. The passing class with the largest sum is shown with action label. If
//     none passes the strongest class is shown with action allow, or the
//     harmless identity if that outweighs it.
//  7. Within the shown class the category with the largest sum is named.
//  8. The entry is contested when somebody with standing says so, when a
//     harmless identity is claimed against nuisance, or when a second class
//     comes close.
//
// Flags label and never block; a block is what regulators ratify, and ratified
// entries stand above all this, outside this package. Which evidence counts
// (not void, retracted, derived, lapsed or beyond a freeze) is the view's to
// judge. The wording of explanations is the node's.
//
// NextChange finds the next day on which the entry would differ with nothing
// new said, so that the turn of a day costs what changes. Within a stretch of
// days in which no flag begins or ends, every strength only falls; therefore
// the values at both ends of a stretch bound all between them, and a stretch
// is skipped whole when those bounds leave every decision as it was. Stepping
// day by day would be simpler and gives the same answer (a test holds them
// together), but costs more than everything else that is done with a flag.
// Solving for the day from the logarithms was rejected: the rounding of the
// integers decides by a day, and they are the law.
//
// Floor 4. It has no state, no clock, no input and no output.
package harmonise
