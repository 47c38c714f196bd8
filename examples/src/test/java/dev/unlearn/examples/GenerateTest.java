package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ObjectArrays;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class GenerateTest {
  private static final String[] DRAWN = {
    "--model", "m", "--prompt", "abc", "--new-tokens", "20", "--temperature", "1", "--seed", "3"
  };

  private TrainableCausalLm model;

  @BeforeEach
  void createModel() {
    model = SmallModel.create(1);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  @Test
  void run_printsWhatIsGenerated() {
    assertThat(printed()).isEqualTo("abc" + continuation() + System.lineSeparator());
  }

  @Test
  void run_stop() {
    String continuation = continuation();
    String stop = continuation.substring(8, 11);
    int end = continuation.indexOf(stop) + stop.length();

    assertThat(printed("--stop", stop))
        .isEqualTo("abc" + continuation.substring(0, end) + System.lineSeparator());
  }

  private String continuation() {
    int[] ids =
        model
            .generate(
                List.of(model.tokenizer().encode("abc")), GenerateArguments.parse(DRAWN).decoding())
            .get(0);
    return model.tokenizer().decode(ids);
  }

  private String printed(String... more) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    GenerateArguments arguments =
        GenerateArguments.parse(ObjectArrays.concat(DRAWN, more, String.class));
    Generate.run(model, arguments, new PrintStream(bytes, false, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
