package metrics

// kind is the kind of a metric.
type kind string

// The kinds in use, as the exposition format names them.
const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
)

// desc is one metric as the world sees it.
type desc struct {
	name   string
	kind   kind
	help   string
	labels []string
}

// The metrics. README.md explains each; names and labels are an interface that
// dashboards and alerts depend on, so they change only with a note in the
// CHANGELOG.
func buildInfo() desc {
	return desc{"ringfence_build_info", gauge, "Always 1; the version stands in the label.", []string{"version"}}
}

func listEntries() desc {
	return desc{"ringfence_list_entries", gauge, "Entries of the harmonised list by action.", []string{"action"}}
}

func listContested() desc {
	return desc{"ringfence_list_contested", gauge, "Entries of the harmonised list that are contested.", nil}
}

func listSerial() desc {
	return desc{"ringfence_list_serial", gauge, "Count of list changes in this session.", nil}
}

func listUpdated() desc {
	return desc{"ringfence_list_updated_timestamp_seconds", gauge, "When the list last took in all that the node knew.", nil}
}

func listRootChanged() desc {
	return desc{"ringfence_list_root_changed_timestamp_seconds", gauge, "When the list root last changed.", nil}
}

func ledgerSize() desc {
	return desc{"ringfence_ledger_size", gauge, "Entries of the ledger that the list was judged by.", nil}
}

func checkpointTime() desc {
	return desc{"ringfence_checkpoint_timestamp_seconds", gauge, "Time of the last fresh checkpoint with a quorum's cosignatures; 0 before the first.", nil}
}

func statements() desc {
	return desc{"ringfence_statements_total", counter, "Statements applied to the list by what became of them.", []string{"status"}}
}

func intakeBatches() desc {
	return desc{"ringfence_intake_batches_total", counter, "Batches offered at the door by outcome.", []string{"outcome"}}
}

func verdicts() desc {
	return desc{"ringfence_screen_verdicts_total", counter, "Calls screened by face, deciding rule and the action answered.", []string{"face", "rule", "action"}}
}

func shadowVerdicts() desc {
	return desc{"ringfence_screen_shadow_total", counter, "What rules and faces in shadow would have done.", []string{"face", "rule", "action"}}
}

func publishRows() desc {
	return desc{"ringfence_publish_rows_total", counter, "Rows of publishers' files by outcome.", []string{"outcome"}}
}

func signingHeld() desc {
	return desc{"ringfence_signing_held", gauge, "Why nothing is signed: 1 for each reason that holds now (mute, forked, stolen, restored, twin, clock, disk), 0 for each that does not.", []string{"reason"}}
}

func diskFree() desc {
	return desc{"ringfence_disk_free_bytes", gauge, "Free space where the data directory lies.", nil}
}

func diskFloor() desc {
	return desc{"ringfence_disk_floor_bytes", gauge, "Free space below which the node takes nothing in.", nil}
}

func httpRequests() desc {
	return desc{"ringfence_http_requests_total", counter, "HTTP requests by route, method and status code.", []string{"route", "method", "code"}}
}

func httpSeconds() desc {
	return desc{"ringfence_http_request_seconds", histogram, "Time to answer an HTTP request by route.", []string{"route"}}
}

func peers() desc {
	return desc{"ringfence_peers", gauge, "Other nodes: known by the charter, connected, agreeing on the list, differing from it though it is made of the same.", []string{"state"}}
}

func peersDropped() desc {
	return desc{"ringfence_peers_dropped_total", counter, "Peers whose connection was closed because of what they did.", nil}
}

func gossipMessages() desc {
	return desc{"ringfence_gossip_messages_total", counter, "Messages of gossip by topic and verdict.", []string{"topic", "verdict"}}
}

func gossipFaults() desc {
	return desc{"ringfence_gossip_faults_total", counter, "What members sent on the mesh and no honest node sends, by what is wrong with it.", []string{"fault"}}
}

func connectionsRefused() desc {
	return desc{"ringfence_connections_refused_total", counter, "Connections to the peer port that were refused, or closed for the room they took, by reason.", []string{"reason"}}
}

func clockBehind() desc {
	return desc{"ringfence_clock_behind_seconds", gauge, "By how much the peers' clocks are ahead of this node's, by the median.", nil}
}

func twin() desc {
	return desc{"ringfence_twin", gauge, "1 while a second node with this node's host key is heard: nothing is signed, and one of the two must be stopped.", nil}
}

func catchUp() desc {
	return desc{"ringfence_catch_up_missing_batches", gauge, "Batches that peers hold and this node does not yet.", nil}
}

func batchesWaiting() desc {
	return desc{"ringfence_batches_waiting", gauge, "Batches that are dated ahead of this node's clock and wait for their time.", nil}
}

func feedsWaiting() desc {
	return desc{"ringfence_feeds_waiting", gauge, "Feeds whose next batch is dated ahead of this node's clock.", nil}
}

func feedGaps() desc {
	return desc{"ringfence_feed_gaps", gauge, "Batches that were announced and that nobody gives.", nil}
}

func feedsForked() desc {
	return desc{"ringfence_feeds_forked", gauge, "Epochs of feeds that are frozen because their issuer signed two stories.", nil}
}

func peersHeard() desc {
	return desc{"ringfence_peers_heard_timestamp_seconds", gauge, "When a peer last told all that it holds and gave it; older than five minutes, the list may be stale.", nil}
}

// all returns every metric in the order of the README.
func all() []desc {
	return []desc{
		buildInfo(), listEntries(), listContested(), listSerial(), listUpdated(), listRootChanged(),
		ledgerSize(), checkpointTime(), statements(), intakeBatches(), verdicts(), shadowVerdicts(),
		publishRows(), signingHeld(), diskFree(), diskFloor(), httpRequests(), httpSeconds(),
		peers(), peersDropped(), gossipMessages(), gossipFaults(), connectionsRefused(), clockBehind(), twin(), catchUp(), batchesWaiting(), feedsWaiting(), feedGaps(), feedsForked(), peersHeard(),
	}
}
