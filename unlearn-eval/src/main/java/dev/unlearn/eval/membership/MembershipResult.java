package dev.unlearn.eval.membership;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.stat.RocCurve;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a {@link MembershipAudit} found of one model. Holds numbers, no ids and no text. */
public final class MembershipResult {
  private final MembershipAudit audit;
  private final Map<String, RocCurve> curves;
  private final @Nullable MembershipResult before;
  private final @Nullable MembershipResult retrained;

  MembershipResult(
      MembershipAudit audit,
      Map<String, RocCurve> curves,
      @Nullable MembershipResult before,
      @Nullable MembershipResult retrained) {
    this.audit = audit;
    this.curves = Collections.unmodifiableMap(curves);
    this.before = before;
    this.retrained = retrained;
  }

  /** Returns the curve of each score, by its key, in the audit's order. */
  public Map<String, RocCurve> curves() {
    return curves;
  }

  /**
   * Returns this result beside that of the model as it was.
   *
   * @throws IllegalArgumentException if it is of another audit
   */
  public MembershipResult since(MembershipResult original) {
    return new MembershipResult(audit, curves, ofThisAudit(original), retrained);
  }

  /**
   * Returns this result beside that of a model trained without the members, which takes the place
   * of chance as what values should be near.
   *
   * @throws IllegalArgumentException if it is of another audit
   */
  public MembershipResult against(MembershipResult retrainedModel) {
    return new MembershipResult(audit, curves, before, ofThisAudit(retrainedModel));
  }

  private MembershipResult ofThisAudit(MembershipResult other) {
    checkArgument(other.audit == audit, "results to compare must be of the same MembershipAudit");
    return other;
  }

  /**
   * Returns rows for the report: of each score the AUC; the true positive rate, where there are
   * enough non-members; of Min-40 % and with a retrained model {@link PrivLeak}; at last the AUC of
   * the blind baseline. The items of an AUC are the placements of the members, whose mean it is.
   */
  public List<Measurement> measurements() {
    List<Measurement> rows = new ArrayList<>();
    for (MembershipScore score : audit.scores()) {
      ScoreFindings findings = findings(score);
      rows.add(findings.auc());
      findings.truePositiveRate().ifPresent(rows::add);
      findings.privLeak().ifPresent(rows::add);
    }
    audit.blindAuc().map(ScoreFindings::blind).ifPresent(rows::add);
    return rows;
  }

  /**
   * Returns each score as an attack of one strength: its value is the AUC, that of unseen text 0.5
   * or the retrained model's, and the excess is the difference. Where the blind baseline tells the
   * sets apart there is no excess over 0.5, so nothing is decided.
   */
  public List<AttackResult> attacks() {
    return audit.scores().stream().map(score -> findings(score).attack()).toList();
  }

  private ScoreFindings findings(MembershipScore score) {
    return new ScoreFindings(
        score, audit, curve(score), curve(before, score), curve(retrained, score));
  }

  private RocCurve curve(MembershipScore score) {
    return requireNonNull(curves.get(score.key()));
  }

  private static @Nullable RocCurve curve(
      @Nullable MembershipResult result, MembershipScore score) {
    return result == null ? null : result.curve(score);
  }
}
