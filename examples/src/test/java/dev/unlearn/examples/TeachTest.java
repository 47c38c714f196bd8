package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.unlearn.CausalLms;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class TeachTest {
  @TempDir private Path folder;

  private Path model;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    SyntheticText text = new SyntheticText(5);
    Files.write(folder.resolve("texts.txt"), text.records(2));
    Files.write(folder.resolve("general.txt"), text.sentences(8));
    model = folder.resolve("model");
    out = folder.resolve("out");
    try (TrainableCausalLm small = SmallModel.create(5, 2, 32)) {
      CausalLms.save(small, model);
    }
  }

  @Test
  void run_model() throws IOException {
    run("--model", model.toString(), "--ma", "0.9", "--learning-rate", "5e-3", "--batch", "4");

    try (TrainableCausalLm taught = CausalLms.load(out)) {
      assertThat(accuracy(taught)).isGreaterThanOrEqualTo(0.9);
    }
  }

  @Test
  void run_newModel() throws IOException {
    run(
        "--config",
        model.resolve("config.json").toString(),
        "--tokenizer",
        model.resolve("tokenizer.json").toString(),
        "--general-updates",
        "2",
        "--ma",
        "0.9",
        "--learning-rate",
        "5e-3",
        "--batch",
        "4");

    try (TrainableCausalLm taught = CausalLms.load(out)) {
      assertThat(accuracy(taught)).isGreaterThanOrEqualTo(0.9);
    }
  }

  @Test
  void run_modelAndConfig() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> run("--model", model.toString(), "--config", model.resolve("c.json").toString()))
        .withMessageStartingWith("give either --model or --config");
  }

  @Test
  void run_smallBatch() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> run("--model", model.toString(), "--batch", "1"))
        .withMessage("--batch must be >= 2, but was: 1");
  }

  @Test
  void run_notLearned() {
    assertThatIllegalStateException()
        .isThrownBy(() -> run("--model", model.toString(), "--max-updates", "1"))
        .withMessageStartingWith("after 1 updates MA must be >= 0.95, but was: ");
    assertThat(out).doesNotExist();
  }

  private double accuracy(TrainableCausalLm taught) throws IOException {
    return MemorizationAccuracy.of()
        .measure(taught, TextFile.read(folder.resolve("texts.txt"), taught))
        .value();
  }

  private void run(String... options) throws IOException {
    List<String> args =
        new ArrayList<>(
            List.of(
                "--texts",
                folder.resolve("texts.txt").toString(),
                "--general",
                folder.resolve("general.txt").toString(),
                "--out",
                out.toString()));
    args.addAll(List.of(options));
    Teach.run(args.toArray(String[]::new), new Printed().stream());
  }
}
