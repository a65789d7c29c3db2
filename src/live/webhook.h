#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/time.h"
#include "live/counted_output.h"
#include "live/event.h"

namespace attune::live {

struct WebhookOptions {
  /// http or https. User name and password in it are sent (Basic) and never logged.
  std::string url;
  /// Sent as "Authorization: Bearer ..."; never logged. Empty: none.
  std::string bearer_token;
  /// Certificates (PEM) to trust instead of the system's; empty: the system's.
  std::string ca_file;
  /// False: only what is final.
  bool partial = true;
  /// Events that wait, beside those of the request under way.
  std::size_t queue_events = 1000;
  std::size_t queue_bytes = std::size_t{4} << 20;
  /// Events of one request. Common receivers take no body beyond 100 kB.
  std::size_t request_events = 100;
  std::size_t request_bytes = std::size_t{64} << 10;
  Duration connect_timeout = std::chrono::seconds(5);
  /// From the beginning of a request, connecting included, to the end of the answer.
  Duration answer_timeout = std::chrono::seconds(10);
  /// Delays between tries (core/backoff.h).
  Duration first_delay = std::chrono::milliseconds(500);
  Duration longest_delay = std::chrono::seconds(60);
  /// How long a Retry-After is obeyed.
  Duration longest_retry_after = std::chrono::minutes(5);
  /// A request that is answered with 429 or 5xx so often is given up, lest one that the receiver
  /// stumbles over holds up all others for ever.
  int most_refusals = 20;
  /// How long the destructor tries to deliver what is left.
  Duration last_try = std::chrono::seconds(2);
};

struct WebhookCounts {
  /// Events accepted with 2xx.
  std::int64_t delivered = 0;
  /// Events dropped because too many waited, or left at the end.
  std::int64_t dropped = 0;
  /// Events given up because the receiver does not want them: 3xx, 4xx, 5xx too often.
  std::int64_t refused = 0;
  /// Requests sent again.
  std::int64_t retries = 0;
  /// Events waiting now.
  std::int64_t waiting = 0;
};

/// Posts events to an address, in order, on a thread of its own. The body of each request is always
/// NDJSON (application/x-ndjson): one event a line, as many as wait, up to a bound. Its headers:
///
///   Idempotency-Key: "RUN-N"     the same when a request is sent again, whose body is the same too
///   Attune-First-Event: N        number of the first line, from 1; the lines count on
///   Attune-Dropped-Events: N     how many events this run had dropped or given up before it
///
/// 2xx accepts it. Sent again, with delays: no connection, no answer in time, 429 and 5xx, with
/// their Retry-After. Given up, and said: any other 4xx, and 3xx, since redirects are not followed.
/// While it does not work events wait, within bounds; then the oldest that is not final is dropped
/// first, then the oldest. TLS certificates and names are checked. Thread-safe.
class Webhook final : public EventSink, public CountedOutput {
 public:
  /// Throws Error(kUsage) for an address that is not http or https, and for a token or certificate
  /// file that cannot be used. Whether anybody answers shows later.
  explicit Webhook(WebhookOptions options);
  /// Delivers what is left for up to `last_try`.
  ~Webhook() override;

  void take(const Event& event) override;
  WebhookCounts counts() const;
  OutputCounts output_counts() const override;

 private:
  class Sender;
  std::unique_ptr<Sender> sender_;
};

}  // namespace attune::live
