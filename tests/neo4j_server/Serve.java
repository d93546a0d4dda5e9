import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.neo4j.cli.AdminTool;
import org.neo4j.cli.ExecutionContext;
import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.configuration.connectors.ConnectorType;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.kernel.internal.GraphDatabaseAPI;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Serve HOME: serves HOME by HOME/conf/neo4j.conf until its standard input closes; says "READY port".
 * The first line of the input is the password, set where HOME is new: arguments are seen by others.
 */
public class Serve {
    public static void main(String[] arguments) throws Exception {
        Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);  // Ctrl-C is for the parent to answer
        Path home = Path.of(arguments[0]);
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String password = input.readLine();
        Thread parent = new Thread(() -> follow(input));
        parent.setDaemon(true);
        parent.start();
        if (password != null && !Files.exists(home.resolve("data/databases/system"))) {
            int code = AdminTool.getCommandLine(new ExecutionContext(home, home.resolve("conf")))
                    .setExpandAtFiles(false)
                    .execute("dbms", "set-initial-password", "--", password);
            if (code != 0) {
                System.exit(code);
            }
        }
        DatabaseManagementService service = new DatabaseManagementServiceBuilder(home)
                .loadPropertiesFromFile(home.resolve("conf/neo4j.conf"))
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
        var ports = ((GraphDatabaseAPI) service.database("system"))
                .getDependencyResolver().resolveDependency(ConnectorPortRegister.class);
        System.out.println("READY " + ports.getLocalAddress(ConnectorType.BOLT).getPort());
        System.out.flush();
        parent.join();
    }

    /** Ends the server, also one that is still starting, when the parent closes the input or dies. */
    private static void follow(BufferedReader input) {
        try {
            while (input.read() != -1) { }
        } catch (IOException gone) {
            System.err.println(gone.getMessage());
        }
        System.exit(0);
    }
}
