package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class RunOptionsTest {
  private static final EpochReport EPOCH =
      EpochReport.builder()
          .epoch(1)
          .lotEpoch(1)
          .decision(Decision.proceed())
          .duration(Duration.ZERO)
          .build();
  private static final RunProgress PROGRESS =
      new RunProgress(RunProgress.Phase.UPDATING, "loss", 1, 1, OptionalInt.empty(), 1, 2);

  private final List<String> calls = new ArrayList<>();

  @Test
  void listener_severalInOrder() {
    UnlearningListener both =
        RunOptions.builder().listener(named("a")).listener(named("b")).build().setup().listener();
    both.progressed(PROGRESS);
    both.epochEnded(EPOCH);
    assertThat(calls).containsExactly("a progressed", "b progressed", "a ended", "b ended");
  }

  @Test
  void options_setTwice() {
    Map<String, UnaryOperator<RunOptions.Builder>> options =
        Map.of(
            "digestKey", builder -> builder.digestKey(new byte[16]),
            "cancelWhen", builder -> builder.cancelWhen(() -> false),
            "deadline", builder -> builder.deadline(Instant.MAX),
            "workDirectory", builder -> builder.workDirectory(Path.of("work")),
            "keepRollback",
                builder -> builder.keepRollback(Path.of("file"), new byte[32], Duration.ofDays(1)),
            "memoryBytes", builder -> builder.memoryBytes(1),
            "originalModel", builder -> builder.originalModel(unasked()));
    options.forEach(
        (option, set) ->
            assertThatThrownBy(() -> set.apply(set.apply(RunOptions.builder())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(option + " was already set"));
  }

  /** A model that nobody asks anything. */
  private static TrainableCausalLm unasked() {
    return (TrainableCausalLm)
        Proxy.newProxyInstance(
            RunOptionsTest.class.getClassLoader(),
            new Class<?>[] {TrainableCausalLm.class},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException();
            });
  }

  @Test
  void listener_oneFailsTheOtherHears() {
    UnlearningListener failing =
        new UnlearningListener() {
          @Override
          public void epochEnded(EpochReport report) {
            throw new IllegalStateException("boom");
          }
        };
    RunOptions.builder()
        .listener(failing)
        .listener(named("b"))
        .build()
        .setup()
        .listener()
        .epochEnded(EPOCH);
    assertThat(calls).containsExactly("b ended");
  }

  @Test
  void listener_addedAfterBuild() {
    RunOptions.Builder builder = RunOptions.builder().listener(named("a"));
    RunOptions options = builder.build();
    builder.listener(named("b"));
    options.setup().listener().epochEnded(EPOCH);
    assertThat(calls).containsExactly("a ended");
  }

  @Test
  void listener_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> RunOptions.builder().listener(null))
        .withMessage("listener");
  }

  @Test
  void memoryBytes_setOrBad() {
    assertThat(RunOptions.defaults().setup().memoryBytes()).isEmpty();
    assertThat(RunOptions.builder().memoryBytes(7).build().setup().memoryBytes()).hasValue(7);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RunOptions.builder().memoryBytes(0))
        .withMessage("memoryBytes must be > 0, but was: 0");
  }

  @Test
  void values_null() {
    RunOptions.Builder builder = RunOptions.builder();
    assertThatNullPointerException()
        .isThrownBy(() -> builder.cancelWhen(null))
        .withMessage("cancelWhen");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.deadline(null))
        .withMessage("deadline");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.workDirectory(null))
        .withMessage("workDirectory");
  }

  @Test
  void none_isEmpty() {
    RunOptions.defaults().setup().listener().epochEnded(EPOCH);
    assertThat(RunOptions.defaults().setup().digestKey()).isEmpty();
  }

  @Test
  void digestKey_changedLater() {
    byte[] key = new byte[16];
    RunOptions options = RunOptions.builder().digestKey(key).build();
    key[0] = 1;
    assertThat(options.setup().digestKey().orElseThrow().bytes()).isEqualTo(new byte[16]);
  }

  @Test
  void digestKey_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> RunOptions.builder().digestKey(null))
        .withMessageContaining("key");
  }

  /** A key that got lost on the way must not silently mean that no digest was wanted. */
  @Test
  void digestKey_empty() {
    assertThatThrownBy(() -> RunOptions.builder().digestKey(new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("digestKey must have at least 16 bytes, but had: 0");
  }

  @Test
  void keepRollback_badArguments() {
    Path file = Path.of("rollback");
    Duration day = Duration.ofDays(1);
    RunOptions.Builder builder = RunOptions.builder();
    assertThatThrownBy(() -> builder.keepRollback(file, new byte[16], day))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("key must have 32 bytes, but had: 16");
    for (Duration time : List.of(Duration.ZERO, Duration.ofDays(-1), Duration.ofDays(36526))) {
      assertThatThrownBy(() -> builder.keepRollback(file, new byte[32], time))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "keepFor must be at least PT1M and at most PT876600H, but was: %s".formatted(time));
    }
    assertThat(builder.build().setup().rollback()).isEmpty();
  }

  @Test
  void keepRollback_inWorkDirectory() {
    RunOptions.Builder builder =
        RunOptions.builder()
            .workDirectory(Path.of("work"))
            .keepRollback(Path.of("other/../work/rollback"), new byte[32], Duration.ofDays(1));
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "keepRollback must have a file that is not in workDirectory, but both are: work");
  }

  private UnlearningListener named(String name) {
    return new UnlearningListener() {
      @Override
      public void progressed(RunProgress progress) {
        calls.add(name + " progressed");
      }

      @Override
      public void epochEnded(EpochReport report) {
        calls.add(name + " ended");
      }
    };
  }
}
