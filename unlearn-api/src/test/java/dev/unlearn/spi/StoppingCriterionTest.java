package dev.unlearn.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StoppingCriterionTest {
  private static final FakeCausalLm MODEL = FakeCausalLm.ofHash(9, 1);
  private static final ForgetSet SET = ForgetSet.of(TokenSequence.of(1, 2));
  private static final Decision FORGOTTEN = Decision.forgotten("low");
  private static final Decision GIVE_UP = Decision.giveUp("late");

  private final List<String> asked = new ArrayList<>();

  @Test
  void or_firstDecides() {
    StoppingCriterion either = criterion("a", FORGOTTEN).or(criterion("b", GIVE_UP));
    assertThat(either.evaluate(at(0))).isEqualTo(FORGOTTEN);
    assertThat(asked).containsExactly("a");
  }

  @Test
  void or_firstGivesUp() {
    StoppingCriterion either = criterion("a", GIVE_UP).or(criterion("b", FORGOTTEN));
    assertThat(either.evaluate(at(0))).isEqualTo(GIVE_UP);
    assertThat(asked).containsExactly("a");
  }

  @Test
  void or_secondDecides() {
    StoppingCriterion either = criterion("a", Decision.proceed()).or(criterion("b", GIVE_UP));
    assertThat(either.evaluate(at(0))).isEqualTo(GIVE_UP);
    assertThat(asked).containsExactly("a", "b");
  }

  @Test
  void or_noneDecides() {
    StoppingCriterion either =
        criterion("a", Decision.proceed())
            .or(criterion("b", Decision.proceed()))
            .or(criterion("c", Decision.proceed()));
    assertThat(either.evaluate(at(0))).isEqualTo(Decision.proceed());
    assertThat(asked).containsExactly("a", "b", "c");
  }

  @Test
  void or_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> criterion("a", GIVE_UP).or(null))
        .withMessage("other");
  }

  @Test
  void or_joinsTheRest() {
    StoppingCriterion either = limited("a", 7).or(criterion("b", GIVE_UP)).or(limited("c", 5));
    assertThat(either.metrics()).extracting(Metric::key).containsExactly("a", "b", "c");
    assertThat(either.epochLimit()).hasValue(5);
    assertThat(either.description()).isEqualTo("a, or b, or c");
    either.check(MODEL, SET);
    assertThat(asked).containsExactly("check a", "check b", "check c");
  }

  @Test
  void or_withoutLimit() {
    StoppingCriterion either = criterion("a", GIVE_UP).or(criterion("b", GIVE_UP));
    assertThat(either.epochLimit()).isEmpty();
  }

  @Test
  void or_bothNameSequences() {
    StoppingCriterion either =
        criterion("a", Decision.proceed(List.of(2, 5)))
            .or(criterion("b", Decision.proceed(List.of(0, 5))));
    assertThat(either.evaluate(at(0))).isEqualTo(Decision.proceed(List.of(0, 2, 5)));
  }

  /** A limit behind a criterion must not make it forget what it knows. */
  @Test
  void or_onlyTheFirstNamesSequences() {
    StoppingCriterion either =
        criterion("a", Decision.proceed(List.of(2, 5))).or(criterion("b", Decision.proceed()));
    assertThat(either.evaluate(at(0))).isEqualTo(Decision.proceed(List.of(2, 5)));
  }

  /** What one decides, the other decides, both together; whether the other is asked. */
  @ParameterizedTest
  @CsvSource({
    "proceed, proceed, proceed, false",
    "proceed, forgotten, proceed, false",
    "proceed, give up, proceed, false",
    "forgotten, proceed, proceed, true",
    "forgotten, forgotten, forgotten, true",
    "forgotten, give up, give up, true",
    "give up, proceed, give up, false",
    "give up, forgotten, give up, false",
    "give up, give up, give up, false",
  })
  void and_decides(String one, String other, String both, boolean otherAsked) {
    StoppingCriterion and = criterion("a", decision(one)).and(criterion("b", decision(other)));
    assertThat(and.evaluate(at(0)).toString()).startsWith(both);
    assertThat(asked).isEqualTo(otherAsked ? List.of("a", "b") : List.of("a"));
  }

  @Test
  void and_bothForgotten() {
    StoppingCriterion and =
        criterion("a", Decision.forgotten("low", List.of(4, 1)))
            .and(criterion("b", Decision.forgotten("lower", List.of(1, 0))));
    assertThat(and.evaluate(at(0)))
        .isEqualTo(Decision.forgotten("low, and lower", List.of(0, 1, 4)));
  }

  @Test
  void and_namesThoseOfWhoeverGoesOn() {
    StoppingCriterion named = criterion("a", Decision.proceed(List.of(3)));
    assertThat(named.and(criterion("b", FORGOTTEN)).evaluate(at(0)))
        .isEqualTo(Decision.proceed(List.of(3)));
    assertThat(criterion("b", FORGOTTEN).and(named).evaluate(at(0)))
        .isEqualTo(Decision.proceed(List.of(3)));
  }

  @Test
  void and_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> criterion("a", GIVE_UP).and(null))
        .withMessage("other");
  }

  @Test
  void and_joinsTheRest() {
    StoppingCriterion and = limited("a", 7).and(limited("b", 5)).and(criterion("c", GIVE_UP));
    assertThat(and.metrics()).extracting(Metric::key).containsExactly("a", "b", "c");
    assertThat(and.description()).isEqualTo("((a) and (b)) and (c)");
    and.check(MODEL, SET);
    assertThat(asked).containsExactly("check a", "check b", "check c");
  }

  /** From epoch 7 on neither goes on; one of them alone may always be followed by the other. */
  @Test
  void and_epochLimit() {
    assertThat(limited("a", 7).and(limited("b", 5)).epochLimit()).hasValue(7);
    assertThat(limited("a", 5).and(limited("b", 7)).epochLimit()).hasValue(7);
    assertThat(limited("a", 7).and(criterion("b", FORGOTTEN)).epochLimit()).isEmpty();
    assertThat(criterion("a", FORGOTTEN).and(limited("b", 7)).epochLimit()).isEmpty();
    assertThat(criterion("a", FORGOTTEN).and(criterion("b", FORGOTTEN)).epochLimit()).isEmpty();
  }

  @Test
  void description_showsHowTheyAreJoined() {
    StoppingCriterion a = criterion("a", GIVE_UP);
    StoppingCriterion b = criterion("b", GIVE_UP);
    StoppingCriterion c = criterion("c", GIVE_UP);
    assertThat(a.or(b).and(c).description()).isEqualTo("(a, or b) and (c)");
    assertThat(a.or(b.and(c)).description()).isEqualTo("a, or (b) and (c)");
    assertThat(a.or(b).notBefore(3).description()).isEqualTo("(a, or b), not before epoch 3");
    assertThat(a.or(b.notBefore(3)).description()).isEqualTo("a, or (b), not before epoch 3");
  }

  private static Decision decision(String name) {
    return switch (name) {
      case "proceed" -> Decision.proceed();
      case "forgotten" -> FORGOTTEN;
      default -> GIVE_UP;
    };
  }

  @Test
  void notBefore_early() {
    StoppingCriterion late = criterion("a", FORGOTTEN).notBefore(2);
    assertThat(late.evaluate(at(1))).isEqualTo(Decision.proceed());
    assertThat(asked).isEmpty();
    assertThat(late.evaluate(at(2))).isEqualTo(FORGOTTEN);
  }

  @Test
  void notBefore_joinsTheRest() {
    StoppingCriterion late = limited("a", 7).notBefore(3);
    assertThat(late.metrics()).extracting(Metric::key).containsExactly("a");
    assertThat(late.epochLimit()).hasValue(7);
    assertThat(late.description()).isEqualTo("(a), not before epoch 3");
    late.check(MODEL, SET);
    assertThat(asked).containsExactly("check a");
    assertThat(criterion("b", GIVE_UP).notBefore(3).epochLimit()).isEmpty();
  }

  @Test
  void notBefore_beyondTheLimit() {
    // Asked for the first time in epoch 9, it gives up there.
    assertThat(limited("a", 7).notBefore(9).epochLimit()).hasValue(9);
  }

  @Test
  void notBefore_negative() {
    assertThatThrownBy(() -> criterion("a", GIVE_UP).notBefore(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("minEpochs must be >= 0, but was: -1");
  }

  @Test
  void lambda_defaults() {
    StoppingCriterion lambda = progress -> GIVE_UP;
    assertThat(lambda.metrics()).isEmpty();
    assertThat(lambda.epochLimit()).isEmpty();
    assertThat(lambda.description()).isEqualTo("custom stopping criterion");
    lambda.check(MODEL, SET);
  }

  private StoppingCriterion criterion(String name, Decision decision) {
    return new Named(name, decision, OptionalInt.empty());
  }

  private StoppingCriterion limited(String name, int limit) {
    return new Named(name, Decision.proceed(), OptionalInt.of(limit));
  }

  private static EpochProgress at(int lotEpoch) {
    return new EpochProgress() {
      @Override
      public int epoch() {
        return 100 + lotEpoch;
      }

      @Override
      public int lotEpoch() {
        return lotEpoch;
      }

      @Override
      public List<TokenSequence> lot() {
        return SET.sequences();
      }

      @Override
      public List<EpochReport> history() {
        return List.of();
      }

      @Override
      public MetricResult measure(Metric metric) {
        throw new AssertionError("nothing to measure");
      }

      @Override
      public MetricResult measure(Metric metric, Corpus corpus) {
        throw new AssertionError("nothing to measure");
      }

      @Override
      public MetricResult baseline(Metric metric) {
        throw new AssertionError("nothing to measure");
      }

      @Override
      public MetricResult baseline(Metric metric, Corpus corpus) {
        throw new AssertionError("nothing to measure");
      }
    };
  }

  private final class Named implements StoppingCriterion {
    private final String name;
    private final Decision decision;
    private final OptionalInt limit;

    Named(String name, Decision decision, OptionalInt limit) {
      this.name = name;
      this.decision = decision;
      this.limit = limit;
    }

    @Override
    public Decision evaluate(EpochProgress progress) {
      asked.add(name);
      return decision;
    }

    @Override
    public List<Metric> metrics() {
      return List.of(new NamedMetric());
    }

    @Override
    public OptionalInt epochLimit() {
      return limit;
    }

    @Override
    public String description() {
      return name;
    }

    private final class NamedMetric implements Metric {
      @Override
      public String key() {
        return name;
      }

      @Override
      public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
        throw new AssertionError("nothing to measure");
      }

      @Override
      public void check(List<TokenSequence> sequences) {
        asked.add("check " + name);
      }

      @Override
      public boolean higherMeansKnown() {
        return true;
      }
    }
  }
}
