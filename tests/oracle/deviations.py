"""Where the simulator differs from AWS, by type and path, each with the reason.

A path is a regular expression over the whole path of a member, `Routes[0.0.0.0/0].State`. What is named
here is not compared.
"""

DEVIATIONS = [
    ("AWS::EC2::RouteTable", r"Routes\[.*\]\.State", "its routes never become black holes"),
    ("AWS::EC2::RouteTable", r"Routes\[.*\]\.(Origin|InstanceOwnerId)", "it does not say how a route came"),
    ("AWS::EC2::SecurityGroup", r"IpPermissions\[all\]", "a default group lets nothing in"),
    ("AWS::EC2::NatGateway", r"ConnectivityType", "it is not told"),
    ("AWS::EC2::NetworkAcl", r"Entries\[(in|e)gress 3276[78]\]", "a new ACL lacks its last entries"),
    ("AWS::EC2::NetworkInterface", r"PrivateIpAddresses\[.*\]\.(Primary|Association.*)",
     "an added address is a primary one; an address of an instance is shown at the interface only"),
    ("AWS::EC2::Instance", r"NetworkInterfaces\[.*\]\.PrivateIpAddresses\[.*\]\.(Primary|Association.*)",
     "as of interfaces"),
    ("AWS::EC2::Instance", r"NetworkInterfaces\[.*\]\.Association\..*",
     "an instance shows no ids of bindings, and keeps the address of one that was dissolved"),
    ("AWS::EC2::Instance", r"SecurityGroups.*", "they do not follow those of the first interface"),
    ("AWS::EC2::Instance", r"BlockDeviceMappings", "their times have another form"),
    ("AWS::EC2::EIP", r"InstanceId", "the instance behind an interface is not told"),
    ("AWS::EC2::Instance", r"SourceDestCheck", "it does not follow that of the first interface"),
    ("AWS::EC2::NetworkInterface", r"Association\.IpOwnerId", "addresses of Amazon's pool belong to the account"),
    ("AWS::EC2::TransitGatewayRouteTable", r"Routes\[.*\]\.TransitGatewayAttachments",
     "a route to an attachment that ended names none"),
    ("AWS::EC2::DHCPOptions", r"OwnerId", "it is not told"),
]
