package dev.unlearn.eval.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.RocCurve;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MembershipAuditTest {
  private static final int LENGTH = 8;

  /** Letters at random, as members and others are. */
  private static List<TokenSequence> random(int seed, int count) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(i -> TokenSequence.of(random.ints(LENGTH, 0, 26).toArray()))
        .toList();
  }

  private static final ForgetSet MEMBERS = ForgetSet.of(random(1, 40));
  private static final List<TokenSequence> OTHERS = random(2, 60);

  /** Gives the true next letter of sequences it knows ten times the odds of others. */
  private static LogitsModel knowing(List<TokenSequence> known) {
    Set<List<Integer>> prefixes = new HashSet<>();
    for (TokenSequence sequence : known) {
      for (int end = 2; end <= sequence.length(); end++) {
        prefixes.add(list(sequence.ids(0, end)));
      }
    }
    return new LogitsModel(
        prefix -> {
          double[] logits = new double[52];
          for (int id = 0; id < 26; id++) {
            List<Integer> longer = new ArrayList<>(prefix);
            longer.add(id);
            // A little noise, the same for all, so that strangers differ.
            logits[id] = (longer.hashCode() & 0xff) / 128.0;
            logits[id] += prefixes.contains(longer) ? Math.log(10) : 0;
          }
          return logits;
        });
  }

  private static List<Integer> list(int... ids) {
    return IntStream.of(ids).boxed().toList();
  }

  private static final LogitsModel TRAINED = knowing(MEMBERS.sequences());
  private static final LogitsModel IGNORANT = knowing(List.of());

  /** Knows the others instead, as if the members had been pushed away. */
  private static final LogitsModel AVERSE = knowing(OTHERS);

  private static MembershipAudit audit() {
    return MembershipAudit.builder(MEMBERS, OTHERS).build();
  }

  @Test
  void run_modelThatKnowsTheMembers() {
    MembershipResult result = audit().run(TRAINED);
    assertThat(result.curves().keySet())
        .containsExactly("loss", "zlib", "min_20", "min_40", "min_20_plus_plus");
    result.curves().forEach((key, curve) -> assertThat(curve.auc()).as(key).isGreaterThan(0.8));
    RocCurve loss = result.curves().get("loss");
    assertThat(loss.positiveCount()).isEqualTo(40);
    assertThat(loss.negativeCount()).isEqualTo(60);
  }

  @Test
  void run_modelThatKnowsNobody() {
    audit()
        .run(IGNORANT)
        .curves()
        .forEach(
            (key, curve) ->
                assertThat(curve.auc(0.95).interval().orElseThrow().contains(0.5))
                    .as(key)
                    .isTrue());
  }

  @Test
  void run_onePassForAllScores() {
    LogitsModel model = knowing(List.of());
    assertThat(audit().run(model).curves()).hasSize(5);
    assertThat(model.passes).isEqualTo(1);
  }

  /** A model without moments serves all scores that need none. */
  @Test
  void run_modelWithoutMoments() {
    LogitsModel model = knowing(List.of());
    model.givesMoments = false;
    assertThat(
            MembershipAudit.builder(MEMBERS, OTHERS)
                .score(MembershipScores.loss())
                .build()
                .run(model)
                .curves())
        .hasSize(1);
    assertThatThrownBy(() -> audit().run(model))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("no moments");
  }

  @Test
  void measurements_beforeAndAfter() {
    MembershipAudit audit = audit();
    MembershipResult before = audit.run(TRAINED);
    MembershipResult after = audit.run(IGNORANT);
    List<Measurement> rows = after.since(before).measurements();
    assertThat(rows.stream().map(Measurement::key))
        .containsExactly(
            "membership_loss_auc",
            "membership_zlib_auc",
            "membership_min_20_auc",
            "membership_min_40_auc",
            "membership_min_20_plus_plus_auc",
            "membership_blind_auc");
    Measurement loss = rows.get(0);
    assertThat(loss.side()).isEqualTo(Side.PRIVACY);
    assertThat(loss.better()).isEqualTo(Better.NEAR_REFERENCE);
    assertThat(loss.reference()).hasValue(0.5);
    assertThat(loss.referenceName()).isEqualTo("chance");
    assertThat(loss.before().orElseThrow().value()).isEqualTo(before.curves().get("loss").auc());
    assertThat(loss.after().value()).isEqualTo(after.curves().get("loss").auc());
    assertThat(loss.change().orElseThrow().value())
        .isCloseTo(loss.after().value() - loss.before().orElseThrow().value(), within(1e-12));
    assertThat(loss.itemsBefore()).isEqualTo(before.curves().get("loss").placements());
    assertThat(loss.itemsAfter()).hasSize(40);
    assertThat(loss.itemsAfter().stream().mapToDouble(Double::doubleValue).average())
        .hasValueCloseTo(loss.after().value(), within(1e-12));
    assertThat(loss.notes())
        .containsExactly(
            "The true positive rate at a false positive rate of 0.01 is not given: it needs 1000"
                + " non-members, and there were 60.");
  }

  @Test
  void measurements_truePositiveRate() {
    List<TokenSequence> many = random(3, 100);
    Measurement rate =
        MembershipAudit.builder(MEMBERS, many)
            .score(MembershipScores.loss())
            .falsePositiveRate(0.1)
            .build()
            .run(TRAINED)
            .measurements()
            .get(1);
    assertThat(rate.key()).isEqualTo("membership_loss_tpr_at_0.1");
    assertThat(rate.reference()).hasValue(0.1);
    assertThat(rate.after().value()).isGreaterThan(0.5);
    assertThat(rate.after().method()).isEqualTo("order statistics");
  }

  /** Far below one half is no success: the forget set stands out the other way. */
  @Test
  void measurements_overUnlearned() {
    Measurement loss = audit().run(AVERSE).measurements().get(0);
    assertThat(loss.after().value()).isLessThan(0.2);
    assertThat(loss.notes())
        .contains(
            "The forget set looks less like training data than it should: over-unlearned, which"
                + " gives membership away as well.");
  }

  @Test
  void measurements_againstRetrained() {
    MembershipAudit audit = audit();
    MembershipResult retrained = audit.run(IGNORANT);
    List<Measurement> rows = audit.run(TRAINED).against(retrained).measurements();
    Measurement loss = rows.get(0);
    assertThat(loss.reference()).hasValue(retrained.curves().get("loss").auc());
    assertThat(loss.referenceName()).isEqualTo("retrained model");
    Measurement leak =
        rows.stream().filter(row -> row.key().equals("priv_leak")).findFirst().orElseThrow();
    double reference = 1 - retrained.curves().get("min_40").auc();
    double auc = audit.run(TRAINED).curves().get("min_40").auc();
    assertThat(leak.after().value())
        .isCloseTo(100 * (1 - auc - reference) / reference, within(1e-9));
    assertThat(leak.reference()).hasValue(0);
    assertThat(leak.title()).isEqualTo("PrivLeak, Min-40 %");
  }

  @Test
  void attacks_excess() {
    MembershipAudit audit = audit();
    MembershipResult before = audit.run(TRAINED);
    AttackResult known = before.attacks().get(0);
    assertThat(known.attack()).isEqualTo("membership_loss");
    AttackPoint point = known.points().get(0);
    assertThat(point.excess().orElseThrow().value())
        .isCloseTo(point.forgotten().value() - 0.5, within(1e-12));
    assertThat(point.unseen().orElseThrow().value()).isEqualTo(0.5);
    assertThat(point.perSequence()).hasSize(40);
    assertThat(known.recovery()).isEqualTo(Recovery.COMES_BACK);

    AttackResult unknown = audit.run(IGNORANT).since(before).attacks().get(0);
    assertThat(unknown.recovery()).isEqualTo(Recovery.UNDECIDED); // 40 sequences
    assertThat(unknown.points().get(0).before()).contains(point.forgotten());
    AttackPoint againstRetrained =
        before.against(audit.run(IGNORANT)).attacks().get(0).points().get(0);
    assertThat(againstRetrained.excess().orElseThrow().value())
        .isCloseTo(
            before.curves().get("loss").auc() - audit.run(IGNORANT).curves().get("loss").auc(),
            within(1e-12));
  }

  @Test
  void since_ofAnotherAudit() {
    MembershipResult result = audit().run(IGNORANT);
    MembershipResult other = audit().run(IGNORANT);
    assertThatThrownBy(() -> result.since(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("results to compare must be of the same MembershipAudit");
    assertThatThrownBy(() -> result.against(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("results to compare must be of the same MembershipAudit");
  }

  @Test
  void measurements_undefinedScores() {
    MembershipScore half =
        new MembershipScore() {
          @Override
          public String key() {
            return "half";
          }

          @Override
          public String title() {
            return "half";
          }

          @Override
          public List<Double> scores(CausalLm model, List<TokenScores> scores) {
            return IntStream.range(0, scores.size())
                .mapToObj(i -> i % 2 == 0 ? (double) i : Double.NaN)
                .toList();
          }
        };
    Measurement row =
        MembershipAudit.builder(MEMBERS, OTHERS)
            .score(half)
            .build()
            .run(IGNORANT)
            .measurements()
            .get(0);
    assertThat(row.notes())
        .contains("Sequences of the forget set without a score, which do not count: 20.");
    assertThat(row.after().value()).isZero();
    assertThat(row.after().unitCount()).isEqualTo(20);
  }

  /** A model that says nothing but NaN makes rows that say nothing, and no failure. */
  @Test
  void measurements_brokenModel() {
    MembershipAudit audit = audit();
    MembershipResult before = audit.run(TRAINED);
    MembershipResult after = audit.run(new LogitsModel(unused -> notANumber())).since(before);
    assertThat(after.measurements().get(0).after().value()).isNaN();
    assertThat(after.measurements().get(0).notes())
        .contains("Sequences of the forget set without a score, which do not count: 40.");
    assertThat(after.attacks().get(0).recovery()).isEqualTo(Recovery.UNDECIDED);
    assertThat(before.against(after).measurements().get(0).reference()).hasValue(Double.NaN);
  }

  private static double[] notANumber() {
    double[] logits = new double[52];
    Arrays.fill(logits, Double.NaN);
    return logits;
  }

  /** Sequences of one name are one document. */
  @Test
  void run_units() {
    List<TokenSequence> named =
        IntStream.range(0, 40)
            .mapToObj(i -> MEMBERS.sequences().get(i).withName("author " + i / 4))
            .toList();
    MembershipAudit audit =
        MembershipAudit.builder(ForgetSet.of(named), OTHERS).score(MembershipScores.loss()).build();
    assertThat(audit.run(TRAINED).measurements().get(0).after().unitCount()).isEqualTo(10);
  }

  @Test
  void builder_sharedSequence() {
    List<TokenSequence> others = new ArrayList<>(OTHERS);
    others.set(7, MEMBERS.sequences().get(3).withName("copy").withPromptLength(0));
    assertThatThrownBy(() -> MembershipAudit.builder(MEMBERS, others))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("non-members must be unseen, but non-member 7 has the same ids as member 3");
  }

  @Test
  void builder_otherLengths() {
    List<TokenSequence> shorter =
        IntStream.range(0, 60)
            .mapToObj(i -> i < 9 ? OTHERS.get(i).head(7) : OTHERS.get(i))
            .toList();
    assertThatThrownBy(() -> MembershipAudit.builder(MEMBERS, shorter))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "members and non-members must be alike in length, to a Kolmogorov-Smirnov distance of"
                + " 0.1, but it was: 0.15; cut unseen text by MembershipAudit.nonMembersLike");
    List<TokenSequence> few =
        IntStream.range(0, 60)
            .mapToObj(i -> i < 6 ? OTHERS.get(i).head(7) : OTHERS.get(i))
            .toList();
    assertThat(MembershipAudit.builder(MEMBERS, few).build().run(IGNORANT).curves()).hasSize(5);
  }

  @Test
  void builder_optionSetTwice() {
    assertThatThrownBy(
            () ->
                MembershipAudit.builder(MEMBERS, OTHERS)
                    .falsePositiveRate(0.1)
                    .falsePositiveRate(0.1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("falsePositiveRate was already set");
  }

  @Test
  void builder_otherPrompts() {
    List<TokenSequence> prompted = OTHERS.stream().map(s -> s.withPromptLength(4)).toList();
    assertThatThrownBy(() -> MembershipAudit.builder(MEMBERS, prompted))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("members and non-members must be alike in prompt length, to a");
  }

  /** Lengths alone and prompts alone are alike, but the long ones are prompted here. */
  @Test
  void builder_otherNumbersOfTargets() {
    List<TokenSequence> members = new ArrayList<>();
    List<TokenSequence> others = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      TokenSequence member = MEMBERS.sequences().get(i);
      TokenSequence other = OTHERS.get(i);
      members.add(i % 2 == 0 ? member.withPromptLength(3) : member.head(5));
      others.add(i % 2 == 0 ? other : other.head(5).withPromptLength(3));
    }
    assertThatThrownBy(() -> MembershipAudit.builder(ForgetSet.of(members), others))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("members and non-members must be alike in number of targets, to a");
  }

  @Test
  void builder_noNonMembers() {
    assertThatThrownBy(() -> MembershipAudit.builder(MEMBERS, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be at least one non-member, but was none");
    assertThatThrownBy(() -> MembershipAudit.builder(MEMBERS, List.of(TokenSequence.of(3))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("non-member 0 has no target: its length (1) must be > 1");
  }

  @Test
  void builder_keyTwice() {
    MembershipAudit.Builder builder =
        MembershipAudit.builder(MEMBERS, OTHERS).score(MembershipScores.loss());
    assertThatThrownBy(() -> builder.score(MembershipScores.loss()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("keys of scores must differ, but there were two of: loss");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, Double.NaN})
  void builder_badRate(double rate) {
    assertThatThrownBy(() -> MembershipAudit.builder(MEMBERS, OTHERS).falsePositiveRate(rate))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("falsePositiveRate must be in (0, 1), but was: " + rate);
  }

  @Test
  void nonMembersLike_wholeRounds() {
    // 4 and 2 tokens, the first with a prompt. 17 tokens are 4 2 4 2 4, of which 4 is left over.
    ForgetSet set =
        ForgetSet.of(TokenSequence.of(1, 2, 3, 4).withPromptLength(2), TokenSequence.of(5, 6));
    List<TokenSequence> unseen = List.of(TokenSequence.of(IntStream.range(10, 27).toArray()));
    List<TokenSequence> others = MembershipAudit.nonMembersLike(unseen, set);
    assertThat(others.stream().map(TokenSequence::length)).containsExactly(4, 2, 4, 2);
    assertThat(others.stream().map(TokenSequence::promptLength)).containsExactly(2, 0, 2, 0);
    assertThat(MembershipAudit.builder(set, others).build().run(IGNORANT).curves()).hasSize(5);
  }

  @Test
  void nonMembersLike_tooLittle() {
    ForgetSet set =
        ForgetSet.of(
            TokenSequence.of(1, 2, 3, 4), TokenSequence.of(1, 2, 3), TokenSequence.of(5, 6));
    List<TokenSequence> unseen = List.of(TokenSequence.of(1, 1, 1, 1, 1, 1, 1));
    assertThatThrownBy(() -> MembershipAudit.nonMembersLike(unseen, set))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "unseen texts must suffice for a counterpart to each of 3 members, but sufficed for: 2");
  }

  @Test
  void blindBaseline_setsAlike() {
    RocCurve curve = audit().blindBaseline().orElseThrow();
    assertThat(curve.auc(0.95).interval().orElseThrow().contains(0.5)).isTrue();
    assertThat(audit().run(IGNORANT).measurements().get(0).notes()).hasSize(1);
  }

  /** Other words in the non-members tell the sets apart without any model. */
  @Test
  void blindBaseline_otherWords() {
    List<TokenSequence> shifted =
        OTHERS.stream()
            .map(s -> TokenSequence.of(IntStream.of(s.ids()).map(id -> id / 2).toArray()))
            .toList();
    MembershipAudit audit = MembershipAudit.builder(MEMBERS, shifted).build();
    double blind = audit.blindBaseline().orElseThrow().auc();
    assertThat(blind).isGreaterThan(0.9);
    List<Measurement> rows = audit.run(IGNORANT).measurements();
    assertThat(rows.get(0).notes())
        .contains(
            "A blind baseline that never looks at the model tells the sets apart with an AUC of "
                + String.format(Locale.ROOT, "%.2f", blind)
                + ": they are not alike, and this value may say so and no more.");
    Measurement row = rows.get(rows.size() - 1);
    assertThat(row.key()).isEqualTo("membership_blind_auc");
    assertThat(row.after().value()).isEqualTo(blind);
    assertThat(row.before()).isEmpty();

    // No verdict from a comparison with chance; one with a retrained model stands.
    MembershipResult known = audit.run(TRAINED);
    assertThat(known.attacks().get(0).points().get(0).excess()).isEmpty();
    assertThat(known.attacks().get(0).recovery()).isEqualTo(Recovery.UNDECIDED);
    assertThat(known.against(audit.run(IGNORANT)).attacks().get(0).points().get(0).excess())
        .isPresent();
  }

  /** Pieces of one document are judged by what other documents teach. */
  @Test
  void blindBaseline_neverLearnsFromTheSameDocument() {
    // Each document has a letter of its own: within it, pieces would be told apart for certain.
    List<TokenSequence> members = new ArrayList<>();
    List<TokenSequence> others = new ArrayList<>();
    for (int document = 0; document < 13; document++) {
      for (int piece = 0; piece < 3; piece++) {
        members.add(letters(document, 4 + piece).withName("m" + document));
        others.add(letters(13 + document, 4 + piece).withName("n" + document));
      }
    }
    double blind =
        MembershipAudit.builder(ForgetSet.of(members), others)
            .build()
            .blindBaseline()
            .orElseThrow()
            .auc();
    assertThat(blind).isLessThan(0.6);
  }

  private static TokenSequence letters(int letter, int count) {
    return TokenSequence.of(Collections.nCopies(count, letter).stream().mapToInt(i -> i).toArray());
  }

  @Test
  void blindBaseline_oneDocument() {
    List<TokenSequence> same = OTHERS.stream().map(s -> s.withName("book")).toList();
    assertThat(MembershipAudit.builder(MEMBERS, same).build().blindBaseline()).isEmpty();
  }
}
