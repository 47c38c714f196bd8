package dev.unlearn.eval.audit;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of metrics for readers. */
public final class MetricTitles {
  private static final Pattern EXTRACTION =
      Pattern.compile("el_(\\d+)(_sampled_\\d+(?:_seed_\\d+)?|_paper_.*)?");

  private static final Pattern DECODED = Pattern.compile("(verbmem|rougeL_recall)_(\\d+)(_.*)?");

  private MetricTitles() {}

  /** Returns the name of a metric of this library by its key; any other key is its own name. */
  public static String of(String key) {
    Matcher extraction = EXTRACTION.matcher(key);
    if (extraction.matches()) {
      String form = extraction.group(2);
      return "Extraction likelihood, n = " + extraction.group(1) + (form == null ? "" : form(form));
    }
    Matcher decoded = DECODED.matcher(key);
    if (decoded.matches()) {
      boolean verbatim = decoded.group(1).equals("verbmem");
      return (verbatim ? "Verbatim memorization, " : "Answer recall, ")
          + decoded.group(2)
          + " tokens"
          + (key.contains("_open_unlearning") ? " (Open-Unlearning)" : "");
    }
    if (key.startsWith("ma_paper_")) {
      return "Memorization accuracy" + form("_paper_");
    }
    return switch (key) {
      case "ma" -> "Memorization accuracy";
      case "em" -> "Exact memorization";
      case "em_open_unlearning" -> "Exact memorization (Open-Unlearning)";
      case "es" -> "Extraction strength";
      case "es_open_unlearning" -> "Extraction strength (Open-Unlearning)";
      case "probability" -> "Probability per token";
      case "probability_open_unlearning" -> "Probability per token (Open-Unlearning)";
      case "loss" -> "Loss, nats per token";
      case "perplexity" -> "Perplexity";
      case "knowmem" -> "Knowledge memorization";
      case "acc" -> "Accuracy";
      case "acc_norm" -> "Accuracy, by length";
      default -> key;
    };
  }

  private static String form(String suffix) {
    return suffix.startsWith("_paper_") ? " (authors’ form)" : " (sampled)";
  }
}
