package dev.unlearn.examples;

/** What every example does first, as a host application might. */
final class Host {
  private Host() {}

  /** Switches DJL's usage tracking and downloads off, and keeps the logs quiet. */
  static void prepare() {
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    // Warns about GPUs on machines that have none.
    System.setProperty("org.slf4j.simpleLogger.log.ai.djl", "error");
  }

  /** Prepares on one thread: faster than two for a small model, whatever else runs. */
  static void prepareForSmallModel() {
    prepare();
    System.setProperty("ai.djl.pytorch.num_threads", "1");
  }
}
