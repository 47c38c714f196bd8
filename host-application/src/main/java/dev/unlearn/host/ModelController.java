package dev.unlearn.host;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.host.LiveModel.Generation;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import java.util.List;
import java.util.Map;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Lets the model answer, also while a copy of it forgets. */
@RestController
final class ModelController {
  private final LiveModel live;

  ModelController(LiveModel live) {
    this.live = live;
  }

  /** What to continue; {@code toString} does not show it. */
  record Request(String prompt, int maxTokens) {
    Request {
      checkArgument(prompt != null && !prompt.isEmpty(), "prompt must not be empty");
      checkArgument(maxTokens > 0, "maxTokens must be > 0, but was: %s", maxTokens);
    }

    @Override
    public String toString() {
      return "Request[maxTokens=" + maxTokens + "]";
    }
  }

  /** The continuation, and which model it is of; {@code toString} shows the latter. */
  record Completion(String text, String model) {
    @Override
    public String toString() {
      return "Completion[model=" + model + "]";
    }
  }

  @PostMapping("/completions")
  Completion complete(@RequestBody Request request) {
    return live.askGeneration(generation -> complete(generation, request));
  }

  private static Completion complete(Generation generation, Request request) {
    CausalLm model = generation.model();
    TokenSequence prompt = model.tokenizer().encode(request.prompt());
    int[] ids = model.generate(List.of(prompt), Decoding.greedy(request.maxTokens())).get(0);
    // What a token reads like may depend on those before it.
    String whole = model.tokenizer().decode(Ints.concat(prompt.ids(), ids));
    int begin = model.tokenizer().decode(prompt.ids()).length();
    return new Completion(whole.substring(begin), generation.name());
  }

  /** Answers once there is a model; says which. */
  @GetMapping("/health")
  Map<String, String> health() {
    return ImmutableMap.of("status", "UP", "model", live.name());
  }
}
