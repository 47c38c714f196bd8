package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Decision;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.StoppingCriterion;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What breaks the contract fails it. */
final class BrokenCriteriaTest {
  @Test
  void evaluate_null() {
    assertThatThrownBy(contract(() -> progress -> null)::evaluate_decides)
        .isInstanceOf(NullPointerException.class);
  }

  @Test
  void evaluate_noReason() {
    assertFails(contract(() -> progress -> Decision.giveUp(" "))::evaluate_decides);
  }

  @Test
  void evaluate_countsItsCalls() {
    Supplier<StoppingCriterion> counting =
        () -> {
          int[] calls = {0};
          return progress -> calls[0]++ < 5 ? Decision.proceed() : Decision.forgotten("5 calls");
        };
    assertFails(contract(counting)::evaluate_sameProgressSameDecision);
  }

  @Test
  void evaluate_positionsOutsideTheLot() {
    // The lots have two sequences.
    assertFails(
        contract(() -> progress -> Decision.proceed(List.of(2)))::evaluate_namesPositionsInTheLot);
    assertFails(
        contract(() -> progress -> Decision.forgotten("low", List.of(1, 1)))
            ::evaluate_namesPositionsInTheLot);
  }

  @Test
  void evaluate_beyondItsLimit() {
    assertFails(contract(Late::new)::evaluate_endsAtTheEpochLimit);
  }

  private static final class Late implements StoppingCriterion {
    @Override
    public Decision evaluate(EpochProgress progress) {
      return progress.lotEpoch() > 5 ? Decision.giveUp("late") : Decision.proceed();
    }

    @Override
    public OptionalInt epochLimit() {
      return OptionalInt.of(5);
    }
  }

  private static StoppingCriterionContract contract(Supplier<StoppingCriterion> criteria) {
    return new StoppingCriterionContract() {
      @Override
      protected StoppingCriterion criterion() {
        return criteria.get();
      }
    };
  }

  private static void assertFails(Runnable test) {
    assertThatThrownBy(test::run).isInstanceOf(AssertionError.class);
  }
}
