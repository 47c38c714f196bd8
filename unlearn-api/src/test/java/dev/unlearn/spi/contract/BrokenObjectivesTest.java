package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What breaks the contract fails it. */
@Tag("engine")
final class BrokenObjectivesTest {
  private static final Objective ASCENT =
      context -> context.forget().tokenMean(context.forget().pass().logProbabilities());

  /** Weights of tokens that are meant to be constant. */
  private static final Objective WEIGHTED =
      context -> {
        NDArray logProbabilities = context.forget().pass().logProbabilities();
        return context
            .forget()
            .tokenMean(logProbabilities.mul(logProbabilities.exp().stopGradient()));
      };

  @Test
  void loss_keepsToTheContract() {
    for (Objective objective : new Objective[] {ASCENT, new Everything()}) {
      ObjectiveContract contract = contract(objective);
      assertThatCode(
              () -> {
                contract.loss_finite();
                contract.loss_sharesAddUp();
                contract.loss_gradient();
                contract.loss_again();
                contract.loss_keepsNoArray();
              })
          .doesNotThrowAnyException();
    }
  }

  @Test
  void loss_noScalar() {
    assertFails(contract(context -> context.forget().pass().logProbabilities())::loss_finite);
  }

  @Test
  void loss_meanOfMeans() {
    assertFails(
        contract(context -> context.forget().pass().logProbabilities().mean())::loss_sharesAddUp);
  }

  /** The longest sequence of a micro-batch says how many positions there are. */
  @Test
  void loss_countsPadding() {
    assertFails(
        contract(context -> context.forget().pass().logits().square().sum())::loss_sharesAddUp);
  }

  @Test
  void loss_constantParts() {
    assertFails(contract(WEIGHTED)::loss_gradient);
    ObjectiveContract onPurpose =
        new ObjectiveContract() {
          @Override
          protected Objective objective() {
            return WEIGHTED;
          }

          @Override
          protected boolean holdsPartsConstant() {
            return true;
          }
        };
    assertThatCode(onPurpose::loss_gradient).doesNotThrowAnyException();
  }

  @Test
  void loss_needIsNotNamed() {
    for (Objective objective :
        new Objective[] {
          context -> ASCENT.loss(context).add(context.forget().reference().logLikelihoods().sum()),
          context -> ASCENT.loss(context).add(context.forget().reference().logits().sum())
        }) {
      assertThatThrownBy(contract(objective)::loss_finite)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageEndingWith("is used, but not named in needs()");
    }
    assertFails(contract(context -> context.alternatives().logLikelihoods().sum())::loss_finite);
    assertFails(contract(context -> context.retain().logLikelihoods().sum())::loss_finite);
  }

  /** A run asks the original model for the logits of what is forgotten, not of alternatives. */
  @Test
  void loss_logitsOfAlternatives() {
    Objective objective =
        new Objective() {
          @Override
          public Set<Need> needs() {
            return Set.of(Need.ALTERNATIVES, Need.REFERENCE_LOGITS);
          }

          @Override
          public NDArray loss(ObjectiveContext context) {
            return ASCENT.loss(context).add(context.alternatives().reference().logits().sum());
          }
        };
    assertThatThrownBy(contract(objective)::loss_finite).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void loss_infiniteGradient() {
    Objective objective =
        context -> {
          NDArray logProbabilities = context.forget().pass().logProbabilities();
          return context.forget().tokenMean(logProbabilities.sub(logProbabilities).sqrt());
        };
    assertFails(contract(objective)::loss_finite);
  }

  @Test
  void loss_remembersEarlierRuns() {
    int[] calls = {0};
    assertFails(contract(context -> ASCENT.loss(context).mul(++calls[0]))::loss_again);
  }

  @Test
  void loss_keepsAnArray() {
    Objective keeping =
        context -> {
          NDArray loss = ASCENT.loss(context);
          loss.stopGradient().attach(context.forget().pass().batch().manager().getParentManager());
          return loss;
        };
    assertFails(contract(keeping)::loss_keepsNoArray);
  }

  /** Needs all there is and carries a number from update to update. */
  private static final class Everything implements Objective {
    @Override
    public Set<Need> needs() {
      return Set.of(Need.values());
    }

    @Override
    public NDArray loss(ObjectiveContext context) {
      Share forget = context.forget();
      NDArray likelihood = forget.logLikelihoods().sub(forget.reference().logLikelihoods());
      NDArray better =
          context
              .alternatives()
              .logLikelihoods()
              .sub(context.alternatives().reference().logLikelihoods());
      NDArray distance = forget.pass().logits().sub(forget.reference().logits());
      NDArray loss =
          forget
              .sequenceMean(likelihood.sub(better).tanh())
              .add(forget.tokenMean(distance.square().sum(new int[] {2})));
      context.memory().add("everything", loss.getFloat());
      return loss;
    }

    @Override
    public NDArray retainLoss(ObjectiveContext context) {
      Share retain = context.retain();
      NDArray logits = retain.pass().logits().sub(retain.reference().logits());
      NDArray states = retain.pass().hiddenStates(1).sub(retain.reference().hiddenStates(1));
      NDArray mask =
          retain.pass().batch().attentionMask().expandDims(2).toType(states.getDataType(), false);
      NDArray perSequence = states.square().mul(mask).sum(new int[] {1, 2});
      return retain
          .tokenMean(logits.square().sum(new int[] {2}))
          .add(retain.sequenceMean(perSequence));
    }
  }

  private static ObjectiveContract contract(Objective objective) {
    return new ObjectiveContract() {
      @Override
      protected Objective objective() {
        return objective;
      }
    };
  }

  private static void assertFails(Runnable test) {
    assertThatThrownBy(test::run).isInstanceOf(AssertionError.class);
  }
}
