package dev.unlearn.eval.report;

import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import java.util.List;

/** What an audit knows of each sequence to forget. */
final class Sequences {
  private Sequences() {}

  /** Returns the measurements that have one value per sequence to forget. */
  static List<Measurement> measurements(Audit audit) {
    int count = audit.sequenceNames().size();
    return audit.measurements().stream()
        .filter(row -> row.side() == Side.PRIVACY && Baselines.isTotalOfAudited(row))
        .filter(row -> count > 0 && row.itemsAfter().size() == count)
        .filter(row -> row.itemsBefore().isEmpty() || row.itemsBefore().size() == count)
        .toList();
  }

  /** Returns the domain of a sequence, empty where there is none. */
  static String domain(Audit audit, int index) {
    return audit.sequenceDomains().isEmpty() ? "" : audit.sequenceDomains().get(index);
  }

  /** Returns index and name, the index once where it is the name. */
  static String label(Audit audit, int index) {
    String name = audit.sequenceNames().get(index);
    return name.equals("#" + index) ? name : "#" + index + " " + name;
  }
}
