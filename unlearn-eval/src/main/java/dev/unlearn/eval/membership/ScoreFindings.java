package dev.unlearn.eval.membership;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.RocCurve;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Words one score's curves for the report. */
final class ScoreFindings {
  private static final double CONFIDENCE = 0.95;
  private static final double CHANCE = 0.5;

  /** How many standard deviations of chance a blind baseline may be above it. */
  private static final double BLIND_DEVIATIONS = 3;

  private static final String DATA = "forget set against unseen text";

  private final MembershipScore score;
  private final MembershipAudit audit;
  private final RocCurve after;
  private final @Nullable RocCurve before;
  private final @Nullable RocCurve retrained;
  private final Estimate auc;

  ScoreFindings(
      MembershipScore score,
      MembershipAudit audit,
      RocCurve after,
      @Nullable RocCurve before,
      @Nullable RocCurve retrained) {
    this.score = score;
    this.audit = audit;
    this.after = after;
    this.before = before;
    this.retrained = retrained;
    auc = auc(after);
  }

  Measurement auc() {
    Measurement.Builder row =
        row("membership_" + score.key() + "_auc", "membership AUC, " + score.title())
            .reference(reference())
            .referenceName(retrained == null ? "chance" : "retrained model")
            .before(before().map(ScoreFindings::auc))
            .after(auc)
            .change(before().map(curve -> RocCurve.change(curve, after, CONFIDENCE)))
            .addAllItemsAfter(after.placements())
            .addAllNotes(notes());
    before().ifPresent(curve -> row.addAllItemsBefore(curve.placements()));
    return row.build();
  }

  /** Empty if there are too few non-members for the rate. */
  Optional<Measurement> truePositiveRate() {
    if (tooFewNonMembers()) {
      return Optional.empty();
    }
    double rate = audit.falsePositiveRate();
    return Optional.of(
        row(
                "membership_" + score.key() + "_tpr_at_" + rate,
                "membership TPR at FPR " + rate + ", " + score.title())
            .reference(retrained == null ? rate : rate(retrained).value())
            .referenceName(retrained == null ? "chance" : "retrained model")
            .before(before().map(this::rate))
            .after(rate(after))
            .addAllNotes(notAlike())
            .build());
  }

  /** Empty unless the score is Min-40 % and there is a retrained model that PrivLeak exists for. */
  Optional<Measurement> privLeak() {
    if (!(score instanceof MinK minK) || minK.k() != PrivLeak.K || retrained == null) {
      return Optional.empty();
    }
    double reference = retrained.auc();
    if (!(reference < 1)) {
      return Optional.empty();
    }
    return Optional.of(
        row("priv_leak" + minK.form().keySuffix, "PrivLeak, " + score.title())
            .reference(0)
            .referenceName("retrained model")
            .before(before().map(curve -> PrivLeak.of(auc(curve), reference)))
            .after(PrivLeak.of(auc, reference))
            .addNote(
                "PrivLeak is unbounded above and divides by what the retrained model reaches; its"
                    + " interval takes that for known.")
            .addAllNotes(notAlike())
            .build());
  }

  AttackResult attack() {
    Estimate unseen =
        retrained == null
            ? Estimate.of(CHANCE, after.negativeCount(), "by construction")
            : auc(retrained);
    AttackResult.Builder result =
        AttackResult.builder()
            .attack("membership_" + score.key())
            .title("membership inference, " + score.title())
            .description(
                "Ranks the forget set among unseen text by "
                    + score.title()
                    + "; the value of a sequence is the share of unseen text it looks more like"
                    + " training data than.")
            .metric("auc")
            .addPoint(
                AttackPoint.builder()
                    .setting(score.title())
                    .strength(0)
                    .forgotten(auc)
                    .addAllPerSequence(after.placements())
                    .unseen(Optional.of(unseen))
                    .before(before().map(ScoreFindings::auc))
                    .excess(excess())
                    .build());
    notes().forEach(result::addNote);
    return result.build();
  }

  /** Empty if the sets are not alike: over chance, there would be an excess without any memory. */
  private Optional<Estimate> excess() {
    if (retrained != null) {
      return Optional.of(RocCurve.change(retrained, after, CONFIDENCE));
    }
    return notAlike().isEmpty() ? Optional.of(shifted(auc, -CHANCE)) : Optional.empty();
  }

  static Measurement blind(Estimate auc) {
    return row("membership_blind_auc", "membership AUC, blind baseline")
        .reference(CHANCE)
        .referenceName("sets alike")
        .after(auc)
        .addNote(
            "It sees the text only, never the model; what it can tell is how the sets differ, not"
                + " what the model remembers.")
        .build();
  }

  private static Measurement.Builder row(String key, String title) {
    return Measurement.builder()
        .side(Side.PRIVACY)
        .key(key)
        .title(title)
        .data(DATA)
        .better(Better.NEAR_REFERENCE);
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    auc.interval().filter(interval -> interval.high() < reference()).stream()
        .map(
            unused ->
                "The forget set looks less like training data than it should: over-unlearned, which"
                    + " gives membership away as well.")
        .forEach(notes::add);
    if (tooFewNonMembers()) {
      notes.add(
          String.format(
              Locale.ROOT,
              "The true positive rate at a false positive rate of %s is not given: it needs %d"
                  + " non-members, and there were %d.",
              audit.falsePositiveRate(),
              RocCurve.negativesNeeded(audit.falsePositiveRate()),
              nonMemberCount()));
    }
    int undefined = after.placements().size() - after.positiveCount();
    if (undefined > 0) {
      notes.add(
          "Sequences of the forget set without a score, which do not count: " + undefined + ".");
    }
    notes.addAll(notAlike());
    return notes;
  }

  /** Returns what a blind baseline that tells the sets apart means; empty if it does not. */
  private List<String> notAlike() {
    return audit
        .blindAuc()
        .filter(ScoreFindings::suspicious)
        .map(
            blind ->
                String.format(
                    Locale.ROOT,
                    "A blind baseline that never looks at the model tells the sets apart with an"
                        + " AUC of %.2f: they are not alike, and this value may say so and no"
                        + " more.",
                    blind.value()))
        .stream()
        .toList();
  }

  /** For n units of either kind, areas by chance have the variance (2 n + 1) / 12 n², 1 / 6 n. */
  private static boolean suspicious(Estimate blind) {
    return blind.value() > CHANCE + BLIND_DEVIATIONS / Math.sqrt(6.0 * blind.unitCount());
  }

  private boolean tooFewNonMembers() {
    return nonMemberCount() < RocCurve.negativesNeeded(audit.falsePositiveRate());
  }

  /** Of the model that gives the fewest a score. */
  private int nonMemberCount() {
    return Stream.of(after, before, retrained)
        .flatMap(Stream::ofNullable)
        .mapToInt(RocCurve::negativeCount)
        .min()
        .orElseThrow();
  }

  private double reference() {
    return retrained == null ? CHANCE : retrained.auc();
  }

  private Optional<RocCurve> before() {
    return Optional.ofNullable(before);
  }

  static Estimate auc(RocCurve curve) {
    return curve.auc(CONFIDENCE);
  }

  private Estimate rate(RocCurve curve) {
    return curve.truePositiveRate(audit.falsePositiveRate(), CONFIDENCE);
  }

  private static Estimate shifted(Estimate estimate, double by) {
    return new Estimate(
        estimate.value() + by,
        estimate.interval().map(i -> new Interval(i.low() + by, i.high() + by, i.confidence())),
        estimate.unitCount(),
        estimate.method());
  }
}
