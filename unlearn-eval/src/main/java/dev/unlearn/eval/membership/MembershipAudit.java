package dev.unlearn.eval.membership;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.RocCurve;
import dev.unlearn.eval.stat.Units;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Asks a model whether it tells the sequences to forget, members of its training data, from unseen
 * text like them, by one or more {@link MembershipScore}s.
 *
 * <pre>{@code
 * MembershipAudit audit =
 *     MembershipAudit.builder(forgetSet, MembershipAudit.nonMembersLike(unseen, forgetSet))
 *         .build();
 * MembershipResult before = audit.run(model);
 * // ... forget ...
 * List<Measurement> rows = audit.run(model).since(before).measurements();
 * }</pre>
 *
 * <p>Non-members must be matched: disjoint from the members, and alike in length, prompt length and
 * number of targets; a set that is not is refused. Whether they are alike in content, a blind
 * baseline tells that never looks at the model (Das et al., 2024, arXiv 2406.16201); where it tells
 * the sets apart, the rows say so, because a model would then, too, without having seen either
 * (Duan et al., 2024, arXiv 2402.07841).
 *
 * <p>Immutable, and as thread-safe as its scores.
 */
public final class MembershipAudit {
  /**
   * The largest Kolmogorov-Smirnov distance of the lengths, prompt lengths and numbers of targets
   * of members and non-members.
   */
  public static final double MAX_LENGTH_DISTANCE = 0.1;

  /** The false positive rate at which hits are counted, unless told otherwise. */
  public static final double DEFAULT_FALSE_POSITIVE_RATE = 0.01;

  private final List<TokenSequence> members;
  private final List<TokenSequence> nonMembers;
  private final List<MembershipScore> scores;
  private final double falsePositiveRate;
  private final Optional<RocCurve> blind;
  private final Optional<Estimate> blindAuc;

  private MembershipAudit(Builder builder) {
    members = builder.members.sequences();
    nonMembers = builder.nonMembers;
    scores = builder.scores.isEmpty() ? MembershipScores.standard() : List.copyOf(builder.scores);
    falsePositiveRate = builder.falsePositiveRate;
    blind = BlindBaseline.curve(members, nonMembers);
    blindAuc = blind.map(ScoreFindings::auc);
  }

  /**
   * Returns a builder. Sequences of one name are of one unit (document, author), as in {@link
   * Units#byName}.
   *
   * @param nonMembers sequences that the model has certainly never been trained on, like the
   *     members in all else: of the same source and time, cut alike
   * @throws IllegalArgumentException if members and non-members are not matched, or share a
   *     sequence; the message names indices, never ids
   */
  public static Builder builder(ForgetSet members, List<TokenSequence> nonMembers) {
    return new Builder(members, nonMembers);
  }

  /**
   * Returns pieces of unseen texts with the very lengths and prompt lengths of the members, as
   * {@link UnseenText#cutLike} cuts them, but for those that would be counterparts to some members
   * only.
   *
   * @throws IllegalArgumentException if the texts do not suffice for a counterpart to every member
   */
  public static List<TokenSequence> nonMembersLike(List<TokenSequence> unseen, ForgetSet members) {
    List<TokenSequence> pieces = UnseenText.cutLike(unseen, members);
    int whole = pieces.size() / members.size() * members.size();
    checkArgument(
        whole > 0,
        "unseen texts must suffice for a counterpart to each of %s members, but sufficed for: %s",
        members.size(),
        pieces.size());
    return pieces.subList(0, whole);
  }

  /**
   * Asks a model. Costs one teacher-forced pass over all sequences, and what the scores take
   * besides.
   *
   * @throws UnsupportedOperationException if a score needs moments that the model does not give
   */
  public MembershipResult run(CausalLm model) {
    List<TokenSequence> all = new ArrayList<>(members);
    all.addAll(nonMembers);
    boolean moments = scores.stream().anyMatch(MembershipScore::needsMoments);
    List<TokenScores> known = model.score(all, moments ? ScoreDetail.MOMENTS : ScoreDetail.TARGETS);
    Map<String, RocCurve> curves = new LinkedHashMap<>();
    for (MembershipScore score : scores) {
      List<Double> values = score.scores(model, known);
      checkState(
          values.size() == all.size(),
          "score %s must return %s values, but returned %s",
          score.key(),
          all.size(),
          values.size());
      curves.put(
          score.key(),
          RocCurve.of(
              values.subList(0, members.size()),
              Units.byName(members),
              values.subList(members.size(), all.size()),
              Units.byName(nonMembers)));
    }
    return new MembershipResult(this, curves, null, null);
  }

  /**
   * Returns the curve of the blind baseline, which sees the text only; empty if there are fewer
   * than two units of either kind.
   */
  public Optional<RocCurve> blindBaseline() {
    return blind;
  }

  /** Returns the area under that curve, which costs a bootstrap. */
  Optional<Estimate> blindAuc() {
    return blindAuc;
  }

  List<MembershipScore> scores() {
    return scores;
  }

  double falsePositiveRate() {
    return falsePositiveRate;
  }

  /** Builds a {@link MembershipAudit}. Setting an option twice is an error. Not thread-safe. */
  public static final class Builder {
    private final Set<String> given = new HashSet<>();
    private final ForgetSet members;
    private final List<TokenSequence> nonMembers;
    private final List<MembershipScore> scores = new ArrayList<>();
    private double falsePositiveRate = DEFAULT_FALSE_POSITIVE_RATE;

    private Builder(ForgetSet members, List<TokenSequence> nonMembers) {
      this.members = requireNonNull(members, "members");
      this.nonMembers = List.copyOf(nonMembers);
      Matching.check(members.sequences(), this.nonMembers);
    }

    /**
     * Adds a score; {@link MembershipScores#standard()} are taken if there is none.
     *
     * @throws IllegalArgumentException if there is one of that key
     */
    @CanIgnoreReturnValue
    public Builder score(MembershipScore score) {
      checkArgument(
          scores.stream().noneMatch(other -> other.key().equals(score.key())),
          "keys of scores must differ, but there were two of: %s",
          score.key());
      scores.add(score);
      return this;
    }

    /**
     * Sets the false positive rate at which hits are counted.
     *
     * @param rate in (0, 1)
     */
    @CanIgnoreReturnValue
    public Builder falsePositiveRate(double rate) {
      checkArgument(rate > 0 && rate < 1, "falsePositiveRate must be in (0, 1), but was: %s", rate);
      once("falsePositiveRate");
      falsePositiveRate = rate;
      return this;
    }

    /** Returns the audit. */
    public MembershipAudit build() {
      return new MembershipAudit(this);
    }

    private void once(String option) {
      checkState(given.add(option), "%s was already set", option);
    }
  }
}
