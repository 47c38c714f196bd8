package dev.unlearn.host;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.jackson.Jackson2ObjectMapperBuilderCustomizer;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** The service. Settings are those of {@link HostProperties}, and Spring Boot's own. */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties(HostProperties.class)
public class HostApplication {
  private static final List<CoercionInputShape> NO_TEXTS =
      List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean);

  /** Starts it; it ends with the process. */
  public static void main(String[] args) {
    ConfigurableApplicationContext unused = start(args);
  }

  static ConfigurableApplicationContext start(String... args) {
    // Before anything of DJL is loaded: no usage tracking, no downloads.
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
    return SpringApplication.run(HostApplication.class, args);
  }

  /** A number must not be taken for a text: the digits sent need not be those understood. */
  @Bean
  Jackson2ObjectMapperBuilderCustomizer textsAreStrings() {
    return builder -> builder.postConfigurer(HostApplication::refuseOthersAsTexts);
  }

  private static void refuseOthersAsTexts(ObjectMapper json) {
    for (CoercionInputShape shape : NO_TEXTS) {
      json.coercionConfigFor(LogicalType.Textual).setCoercion(shape, CoercionAction.Fail);
    }
  }
}
