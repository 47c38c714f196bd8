package dev.unlearn.eval.membership;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.stat.RocCurve;
import dev.unlearn.eval.stat.Sample;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks a model whether it tells the sequences to forget, members of its training data, from unseen
 * text like them, by one or more {@link MembershipScore}s.
 *
 * <pre>{@code
 * MembershipAudit audit =
 *     MembershipAudit.builder(forgetSet, NonMembers.cutLike(forgetSet, unseen)).build();
 * MembershipResult before = audit.run(model);
 * // ... forget ...
 * List<Measurement> rows = audit.run(model).since(before).measurements();
 * }</pre>
 *
 * <p>Non-members must be matched: disjoint from the members, and alike in length, prompt length and
 * number of targets; a set that is not is refused. Whether they are alike in content, a blind
 * baseline tells that never looks at the model (Das et al., 2024, arXiv 2406.16201); where it tells
 * the sets apart, the rows say so, because a model would then, too, without having seen either (Duan
 * et al., 2024, arXiv 2402.07841).
 *
 * <p>Immutable, and as thread-safe as its scores.
 */
public final class MembershipAudit {
  /**
   * The largest Kolmogorov-Smirnov distance of the lengths, prompt lengths and numbers of targets of
   * members and non-members.
   */
  public static final double MAX_LENGTH_DISTANCE = 0.1;

  /** The false positive rate at which hits are counted, unless told otherwise. */
  public static final double DEFAULT_FALSE_POSITIVE_RATE = 0.01;

  private final List<TokenSequence> members;
  private final List<String> memberUnits;
  private final NonMembers nonMembers;
  private final List<MembershipScore> scores;
  private final double falsePositiveRate;
  private final Optional<RocCurve> blind;

  private MembershipAudit(Builder builder) {
    members = builder.members.sequences();
    memberUnits =
        builder.memberUnits.isEmpty()
            ? Sample.each(Collections.nCopies(members.size(), 0.0))
            : builder.memberUnits;
    nonMembers = builder.nonMembers;
    scores =
        builder.scores.isEmpty() ? MembershipScores.standard() : List.copyOf(builder.scores);
    falsePositiveRate = builder.falsePositiveRate;
    blind =
        BlindBaseline.curve(members, memberUnits, nonMembers.sequences(), nonMembers.units());
  }

  /**
   * Returns a builder.
   *
   * @throws IllegalArgumentException if members and non-members are not matched, or share a
   *     sequence; the message names indices, never ids
   */
  public static Builder builder(ForgetSet members, NonMembers nonMembers) {
    return new Builder(members, nonMembers);
  }

  /**
   * Asks a model. Costs one teacher-forced pass over all sequences, and what the scores take
   * besides.
   *
   * @throws UnsupportedOperationException if a score needs moments that the model does not give
   */
  public MembershipResult run(CausalLm model) {
    List<TokenSequence> all = new ArrayList<>(members);
    all.addAll(nonMembers.sequences());
    boolean moments = scores.stream().anyMatch(MembershipScore::needsMoments);
    List<TokenScores> known =
        model.score(all, moments ? ScoreDetail.MOMENTS : ScoreDetail.TARGETS);
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
              memberUnits,
              values.subList(members.size(), all.size()),
              nonMembers.units()));
    }
    return new MembershipResult(this, curves, null, null);
  }

  /**
   * Returns the curve of the blind baseline, which sees the text only; empty if there are fewer than
   * two units of either kind.
   */
  public Optional<RocCurve> blindBaseline() {
    return blind;
  }

  List<MembershipScore> scores() {
    return scores;
  }

  double falsePositiveRate() {
    return falsePositiveRate;
  }

  /** Builds a {@link MembershipAudit}. Not thread-safe. */
  public static final class Builder {
    private final ForgetSet members;
    private final NonMembers nonMembers;
    private final List<MembershipScore> scores = new ArrayList<>();
    private List<String> memberUnits = List.of();
    private double falsePositiveRate = DEFAULT_FALSE_POSITIVE_RATE;

    private Builder(ForgetSet members, NonMembers nonMembers) {
      this.members = requireNonNull(members, "members");
      this.nonMembers = requireNonNull(nonMembers, "nonMembers");
      Matching.check(members.sequences(), nonMembers.sequences());
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
     * Sets the name of the unit (document, author) that each member is of; by default each is one of
     * its own.
     *
     * @throws IllegalArgumentException if there are not as many as members
     */
    @CanIgnoreReturnValue
    public Builder memberUnits(List<String> units) {
      checkArgument(
          units.size() == members.size(),
          "there must be a unit for each of %s members, but there were %s",
          members.size(),
          units.size());
      memberUnits = List.copyOf(units);
      return this;
    }

    /**
     * Sets the false positive rate at which hits are counted.
     *
     * @param rate in (0, 1)
     */
    @CanIgnoreReturnValue
    public Builder falsePositiveRate(double rate) {
      checkArgument(
          rate > 0 && rate < 1, "falsePositiveRate must be in (0, 1), but was: %s", rate);
      falsePositiveRate = rate;
      return this;
    }

    /** Returns the audit. */
    public MembershipAudit build() {
      return new MembershipAudit(this);
    }
  }
}
