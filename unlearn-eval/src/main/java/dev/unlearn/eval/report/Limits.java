package dev.unlearn.eval.report;

import dev.unlearn.eval.audit.Audit;
import java.util.List;
import java.util.stream.Stream;

/** What no audit of this kind proves. */
final class Limits {
  private static final List<String> FIXED =
      List.of(
          "Forgotten is a statement about the mean over the sequences. A single sequence may still"
              + " be known: look at the sequences one by one.",
          "Extraction likelihood and memorization accuracy follow the model’s single best"
              + " continuation, from the sequence’s own beginnings. Drawing many random answers, or"
              + " asking in other words, may bring out more.",
          "That a text is hard to extract does not mean that nothing shows it was once learned."
              + " Membership tests answer that other question, and only as well as the test used.",
          "Thresholds are what this model gives on the unseen text that was chosen. Other unseen"
              + " text gives other thresholds; text unlike what was forgotten gives misleading ones."
              + " Numbers are compared with a threshold as it stands, without its own uncertainty.",
          "An interval says how far chance in the choice of sequences or documents may have moved a"
              + " number. It covers no other error, such as a poor choice of text, and one interval"
              + " in twenty at 95 % misses. Many comparisons find some difference by chance alone.",
          "That no difference was found is not proof of none: few sequences decide little.",
          "Attacks that were not tried may succeed where those in this report did not.",
          "Utility was measured on the data named here and on nothing else. Forgetting may harm"
              + " what nobody measured.",
          "This report is about one set of weights, named by its digest. It says nothing about"
              + " other copies of the model, backups, logs, or the training data themselves.",
          "This report gives measurements. Whether they meet a legal duty is not for it to say.");

  private Limits() {}

  /** Returns what the audit itself says, then what always holds. */
  static List<String> all(Audit audit) {
    return Stream.concat(audit.limits().stream(), FIXED.stream()).toList();
  }
}
