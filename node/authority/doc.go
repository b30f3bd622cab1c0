// Package authority is a node's place under the regulators' ledger.
//
// Every node follows the ledger: it hears of checkpoints by gossip and asks its peers
// for them now and then, reads what is new from whoever serves it, takes what the
// regulators enacted to the list, and serves the ledger on to anybody. A regulator's node
// takes part in keeping it besides (consensus/quorum). Both go through consensus/follow,
// and whoever asks the node about the ledger gets what was followed.
//
// A node without a network still knows what it followed before: Open folds it.
//
// Floor 11, beside node/federation, whose overlay it is handed.
package authority
